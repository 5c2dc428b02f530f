using System.CommandLine;
using ImageFs.FileSystems;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;

namespace ImageFs.Commands;

/// <summary><c>imagefs extract IMAGE [PATH...] -C DIR</c>.</summary>
internal static class ExtractCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it, copied to the same path below DIR; without one all.", Arity = ArgumentArity.ZeroOrMore };
        var directory = new Option<string>("-C", "--directory") { Description = "Where to; made if it is not there.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var noOwners = new Option<bool>("--no-same-owner") { Description = "Leave owners and groups as they come; the default unless for root." };
        var command = new ImageCommand("extract", "Copy files out of an image, with modes, times, links and holes; nothing is mounted.")
        {
            paths, directory, noOwners,
            new Example("imagefs extract debian.iso -C out", "copy all there is"),
            new Example("imagefs extract -o part=2 disk.img etc home -C out", "two directories of a partition: out/etc and out/home"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            (byte[][] Path, NodeId Node)[] named = [.. (parsed.GetValue(paths) ?? []).Select(path => (Names(path), PathLookup.Find(fileSystem, path, followLast: false)))];
            using OutputFolder target = OpenTarget(parsed.GetRequiredValue(directory));
            using var bar = new ProgressBar(() => named.Length == 0 ? TotalSize.Of(fileSystem, fileSystem.Root) : named.Sum(one => TotalSize.Of(fileSystem, one.Node)));
            var extraction = new Extraction(fileSystem, target, bar.Add, bar.Interrupt(Log.WriteToStandardError))
            {
                KeepsOwners = Processes.IsRoot && !parsed.GetValue(noOwners),
            };
            if (named.Length == 0)
            {
                extraction.CopyContents(fileSystem.Root);
            }

            foreach ((byte[][] path, NodeId node) in named)
            {
                extraction.Copy(path, node);
            }

            return extraction.Failures == 0 ? ExitStatus.Success : ExitStatus.Usage;
        });
        return command;
    }

    private static OutputFolder OpenTarget(string path)
    {
        try
        {
            return OutputFolder.OpenOrCreate(path);
        }
        catch (LinuxException e) when (e.Errno is not (Errno.EPERM or Errno.EACCES))
        {
            // No failure of the image's.
            throw new IOException(e.Message, e);
        }
    }

    // What is named comes out by the path it is named by, below the target: two files of one name are two.
    private static byte[][] Names(string path)
    {
        string[] names = [.. path.Split('/').Where(name => name is not ("" or "."))];
        return names.Length == 0 || names.Contains("..")
            ? throw new LinuxException("open", Errno.EINVAL, $"{path}: a path that leads up, or to nothing by name")
            : [.. names.Select(name => ByteText.ToBytes(name))];
    }
}
