using System.CommandLine;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs ls [-alR] IMAGE [PATH...]</c>.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it; without one the root.", Arity = ArgumentArity.ZeroOrMore };
        var isLong = new Option<bool>("-l", "--long") { Description = "Mode, links, owner, group, size and time too; owner and group as numbers." };
        var all = new Option<bool>("-a", "--all") { Description = "Names that begin with a dot too." };
        var recursive = new Option<bool>("-R", "--recursive") { Description = "All directories inside, too." };
        var command = new ImageCommand("ls", "List directories of an image; nothing is mounted.")
        {
            paths, isLong, all, recursive,
            new Example("imagefs ls -l disk.img etc", "a directory, with modes, sizes and times"),
            new Example("imagefs ls -alR debian.iso", "all there is"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            using Stream output = StandardOutput.Open();
            var listing = new Listing(fileSystem, output, Log.WriteToStandardError)
            {
                IsLong = parsed.GetValue(isLong),
                HasHidden = parsed.GetValue(all),
                IsRecursive = parsed.GetValue(recursive),
            };
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["/"];
            int status = ImageCommand.ForEach(parsed, fileSystem, named, path =>
            {
                NodeId node = Find(fileSystem, path, followLast: !listing.IsLong);
                byte[] name = ByteText.ToBytes(path);
                if (fileSystem.GetAttributes(node).Type == NodeType.Directory)
                {
                    listing.WriteDirectory(node, name);
                }
                else
                {
                    listing.Write(new NamedNode(name, node));
                }
            });
            return status == ExitStatus.Success && listing.Failures > 0 ? ExitStatus.Incomplete : status;
        });
        return command;
    }

    // As ls(1): a link that leads nowhere is shown itself.
    private static NodeId Find(FileSystem fileSystem, string path, bool followLast)
    {
        try
        {
            return PathLookup.Find(fileSystem, path, followLast);
        }
        catch (LinuxException e) when (followLast && e.Errno is Errno.ENOENT or Errno.ELOOP)
        {
            return PathLookup.Find(fileSystem, path, followLast: false);
        }
    }
}
