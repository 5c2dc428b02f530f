using System.CommandLine;
using ImageFs.FileSystems;
using ImageFs.Layers;
using ImageFs.Mounting;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>imagefs extents IMAGE [PATH]</c>.</summary>
internal static class ExtentsCommand
{
    internal static Command Create()
    {
        var image = new Argument<string>("IMAGE") { Description = "An image file, a block device, or /dev/fd/N." };
        var path = new Argument<string?>("PATH") { Description = "A file in it; without one the volume itself.", Arity = ArgumentArity.ZeroOrOne };
        var options = new Option<string[]>("-o", "--options") { Description = "Options of the format, as for mount.", HelpName = "OPTIONS" };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON; all numbers are bytes." };
        var command = new Command("extents", "Show where a file's bytes lie, at every layer down to the image.") { image, path, options, asJson };
        command.SetAction(parsed =>
        {
            var mountOptions = MountOptions.Parse(string.Join(',', parsed.GetValue(options) ?? []));
            string imageName = parsed.GetRequiredValue(image);
            using ImageStack stack = ImageStack.Open(imageName, mountOptions, Log.WriteToStandardError);
            string? name = parsed.GetValue(path);
            BlockSource source = name is null ? stack.OpenVolume(mountOptions) : OpenFile(stack.OpenFileSystem(mountOptions), name);
            SessionOptions.RefuseRest(mountOptions);
            if (parsed.GetValue(asJson))
            {
                using Stream output = Console.OpenStandardOutput();
                ExtentJson.Write(output, name ?? imageName, source);
                return ExitStatus.Success;
            }

            ExtentText.Write(Console.Out, name ?? imageName, source);
            if (!Console.IsOutputRedirected)
            {
                ImageMap.Write(Console.Out, source, Math.Max(Console.WindowWidth, 1));
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static BlockSource OpenFile(FileSystem fileSystem, string path)
    {
        NodeId node = PathLookup.Find(fileSystem, path);
        return fileSystem.GetAttributes(node).Type == NodeType.Regular
            ? fileSystem.OpenFile(node)
            : throw new Linux.LinuxException("open", Linux.Errno.EINVAL, $"{path}: not a regular file");
    }
}
