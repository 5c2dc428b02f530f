using System.CommandLine;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs tar IMAGE [PATH...] [-f FILE]</c>.</summary>
internal static class TarCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it; without one all there is, below '.'.", Arity = ArgumentArity.ZeroOrMore };
        var file = new Option<string>("-f", "--file") { Description = "Write to FILE; - is standard output, the default.", HelpName = "FILE", DefaultValueFactory = _ => "-" };
        var noAttributes = new Option<bool>("--no-xattrs") { Description = "Leave extended attributes out." };
        var command = new ImageCommand("tar", "Write an archive of an image's files, with holes, links, owners and attributes; nothing is mounted.")
        {
            paths, file, noAttributes,
            new Example("imagefs tar rootfs.img | docker import - rootfs", "a container of a disk image"),
            new Example("imagefs tar -o part=2 disk.img etc | tar -tv", "look at a folder of a partition"),
            new Example("imagefs tar disk.img -f disk.tar", "to a file"),
        };
        command.MakePlan = parsed => ReadingPlan.WriteTo(parsed.GetRequiredValue(file));
        command.SetAction((stack, fileSystem, parsed) =>
        {
            if (parsed.GetRequiredValue(file) != "-")
            {
                int status = ExitStatus.Success;
                command.Output.Write(output => status = Write(stack, fileSystem, parsed, output));
                return status;
            }

            if (!Console.IsOutputRedirected)
            {
                return Failure.Tell("an archive is nothing for a terminal: -f FILE writes it to a file, | tar -tv shows what is in it", ExitStatus.Usage);
            }

            using Stream standard = StandardOutput.Open();
            return Write(stack, fileSystem, parsed, standard);
        });
        return command;

        int Write(ImageStack stack, FileSystem fileSystem, ParseResult parsed, Stream output)
        {
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["."];
            using var bar = new ProgressBar(() => TotalSize.Of(fileSystem, PathPattern.ExpandAll(fileSystem, named)));
            using var ahead = new FolderAhead(fileSystem, stack.Context.Memory.Decoded);
            var archiving = new Archiving(fileSystem, output, bar.Add, ahead) { TakesAttributes = !parsed.GetValue(noAttributes) };
            Action<string> say = bar.Interrupt(Log.WriteToStandardError);
            var walk = new TreeWalk(fileSystem, archiving.Add, (path, error) => say($"{path}: {error.Message}")) { Ahead = ahead };
            int status = ImageCommand.ForEach(parsed, fileSystem, named, top => walk.Run(ByteText.ToBytes(top), PathLookup.Find(fileSystem, top, followLast: false)));
            archiving.End();
            if (archiving.Sockets > 0)
            {
                say($"left out: {archiving.Sockets} sockets, which archives cannot hold");
            }

            return status == ExitStatus.Success && walk.Failures > 0 ? ExitStatus.Incomplete : status;
        }
    }
}
