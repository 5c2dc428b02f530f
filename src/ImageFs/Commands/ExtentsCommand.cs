using System.CommandLine;
using ImageFs.Advice;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Layers;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs extents IMAGE [PATH]</c>.</summary>
internal static class ExtentsCommand
{
    internal static Command Create()
    {
        var path = new Argument<string?>("PATH") { Description = "A file in it; without one the volume itself.", Arity = ArgumentArity.ZeroOrOne };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON; all numbers are bytes." };
        var command = new ImageCommand("extents", "Show where a file's bytes lie, at every layer down to the image.")
        {
            path, asJson,
            new Example("imagefs extents vm.qcow2 boot/vmlinuz", "where a file lies"),
            new Example("imagefs extents --json -o part=2 disk.img", "where a partition lies"),
        };
        command.SetAction((stack, parsed) =>
        {
            string? file = parsed.GetValue(path);
            BlockSource source = file is null ? stack.OpenVolume() : OpenFile(stack.OpenFileSystem(), file);
            KnownFormats.RefuseRest(stack.Context.Options);
            string name = file ?? stack.Name;
            if (parsed.GetValue(asJson))
            {
                using Stream output = StandardOutput.Open();
                ExtentJson.Write(output, name, source);
                return ExitStatus.Success;
            }

            ExtentText.Write(Console.Out, name, source);
            if (!Console.IsOutputRedirected)
            {
                ImageMap.Write(Console.Out, source, Terminal.Width ?? 1);
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static BlockSource OpenFile(FileSystem fileSystem, string path)
    {
        NodeId node = MeantPath.Find(fileSystem, path);
        return fileSystem.GetAttributes(node).Type switch
        {
            NodeType.Regular => fileSystem.OpenFile(node),
            NodeType.Directory => throw new LinuxException("open", Errno.EISDIR, path, "name a file in it; without a path the whole volume is shown"),
            _ => throw new LinuxException("open", Errno.EINVAL, path, "not a regular file: none of its bytes lie in the image"),
        };
    }
}
