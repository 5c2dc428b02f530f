using System.CommandLine;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs ls IMAGE [PATH...]</c>.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it, or patterns; without one the root.", Arity = ArgumentArity.ZeroOrMore };
        var isLong = new Option<bool>("-l", "--long") { Description = "Mode, links, owner, group, size and time too; owner and group as numbers." };
        var all = new Option<bool>("-a", "--all") { Description = "Names that begin with a dot too." };
        var recursive = new Option<bool>("-R", "--recursive") { Description = "All directories inside, too." };
        var themselves = new Option<bool>("-d", "--directory") { Description = "Directories themselves, not what they hold." };
        var units = new Option<bool>("-h", "--human-readable") { Description = "With -l: sizes as 1.5K, 34M." };
        var byTime = new Option<bool>("-t", "--by-time") { Description = "The newest first." };
        var bySize = new Option<bool>("-S", "--by-size") { Description = "The largest first." };
        var reverse = new Option<bool>("-r", "--reverse") { Description = "The last first." };
        var one = new Option<bool>("-1", "--one") { Description = "One name on each line, on a terminal too." };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON, in the shape of find; hidden names are in it." };
        var command = new ImageCommand("ls", "List directories of an image; nothing is mounted.", hasTypeLetter: false)
        {
            paths,
            { "What is shown", isLong, all, recursive, themselves, units, one, asJson },
            { "Order", byTime, bySize, reverse },
            new Example("imagefs ls -l disk.img etc", "a directory, with modes, sizes and times"),
            new Example("imagefs ls -alR debian.iso", "all there is"),
            new Example("imagefs ls -lhS disk.img 'boot/*.img'", "what a pattern means, the largest first"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            using Stream output = StandardOutput.Open();
            var listing = new Listing(fileSystem, output, Log.WriteToStandardError)
            {
                IsLong = parsed.GetValue(isLong),
                HasHidden = parsed.GetValue(all),
                IsRecursive = parsed.GetValue(recursive),
                HasUnits = parsed.GetValue(units),
                Order = parsed.GetValue(byTime) ? ListingOrder.Time : parsed.GetValue(bySize) ? ListingOrder.Size : ListingOrder.Name,
                IsReversed = parsed.GetValue(reverse),
                LineWidth = parsed.GetValue(one) ? null : Terminal.Width,
                Colours = Terminal.UsesColour ? new FileColours(Environment.GetEnvironmentVariable(FileColours.Variable)) : null,
            };
            var files = new List<NamedNode>();
            var directories = new List<NamedNode>();
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["/"];
            int status = ImageCommand.ForEach(parsed, fileSystem, named, path =>
            {
                NodeId node = Find(fileSystem, path, followLast: !listing.IsLong && !parsed.GetValue(themselves));
                bool isEntered = !parsed.GetValue(themselves) && fileSystem.GetAttributes(node).Type == NodeType.Directory;
                (isEntered ? directories : files).Add(new NamedNode(ByteText.ToBytes(path), node));
            });
            files.Sort((one, other) => one.Name.AsSpan().SequenceCompareTo(other.Name));
            directories.Sort((one, other) => one.Name.AsSpan().SequenceCompareTo(other.Name));
            if (parsed.GetValue(asJson))
            {
                int failures = WriteJson(fileSystem, output, files, directories, listing.IsRecursive);
                return status == ExitStatus.Success && failures > 0 ? ExitStatus.Incomplete : status;
            }

            _ = listing.WriteAll(files, []);
            bool isFirst = files.Count == 0;
            int listed = ExitStatus.Success;
            foreach (NamedNode directory in listing.Sort(directories, []))
            {
                output.Write(isFirst ? ""u8 : "\n"u8);
                isFirst = false;
                int ended = ImageCommand.ForEach(
                    parsed, [ByteText.FromBytes(directory.Name)], _ => listing.WriteDirectory(directory.Node, directory.Name, hasHeading: files.Count + directories.Count > 1));
                listed = listed == ExitStatus.Success ? ended : listed;
            }

            status = status == ExitStatus.Success ? listed : status;
            return status == ExitStatus.Success && listing.Failures > 0 ? ExitStatus.Incomplete : status;
        });
        return command;
    }

    // What a directory holds, and not itself.
    private static int WriteJson(FileSystem fileSystem, Stream output, List<NamedNode> files, List<NamedNode> directories, bool isRecursive)
    {
        using var writer = new FoundWriter(output, fileSystem, FoundForm.Json);
        bool takesItself = true;
        var walk = new TreeWalk(
            fileSystem,
            found =>
            {
                if (takesItself || found.Depth > 0)
                {
                    writer.Write(found);
                }
            },
            Failure.TellOfFile)
        {
            MaxDepth = isRecursive ? int.MaxValue : 1,
        };
        files.ForEach(file => walk.Run(file.Name, file.Node));
        takesItself = false;
        directories.ForEach(directory => walk.Run(directory.Name, directory.Node));

        return walk.Failures;
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
