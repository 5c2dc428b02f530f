using System.CommandLine;
using System.Text;
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
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it; without one all.", Arity = ArgumentArity.ZeroOrMore };
        var directory = new Option<string>("-C", "--directory") { Description = "Where to; made if it is not there.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var noOwners = new Option<bool>("--no-same-owner") { Description = "Leave owners and groups as they come; the default unless for root." };
        var command = new ImageCommand("extract", "Copy files out of an image, with modes, times, links and holes; nothing is mounted.")
        {
            paths, directory, noOwners,
            new Example("imagefs extract debian.iso -C out", "copy all there is"),
            new Example("imagefs extract -o part=2 disk.img etc home -C out", "two directories of a partition"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            Entry[] named = [.. (parsed.GetValue(paths) ?? []).Select(path => Find(fileSystem, path))];
            using OutputFolder target = OutputFolder.OpenOrCreate(parsed.GetRequiredValue(directory));
            using var bar = new ProgressBar(() => named.Length == 0 ? TotalSize.Of(fileSystem, fileSystem.Root) : named.Sum(entry => TotalSize.Of(fileSystem, entry.Node)));
            var extraction = new Extraction(fileSystem, target, bar.Add, bar.Interrupt(Log.WriteToStandardError))
            {
                KeepsOwners = Processes.IsRoot && !parsed.GetValue(noOwners),
            };
            if (named.Length == 0)
            {
                extraction.CopyContents(fileSystem.Root);
            }

            foreach (Entry entry in named)
            {
                extraction.Copy(entry);
            }

            return extraction.Failures == 0 ? ExitStatus.Success : ExitStatus.Usage;
        });
        return command;
    }

    // A file comes out by its last name, wherever in the image it was.
    private static Entry Find(FileSystem fileSystem, string path)
    {
        string name = Path.GetFileName(path.TrimEnd('/'));
        return name is "" or "." or ".."
            ? throw new LinuxException("open", Errno.EINVAL, $"{path}: a path that does not end in a name")
            : new Entry(Encoding.UTF8.GetBytes(name), PathLookup.Find(fileSystem, path, followLast: false));
    }
}
