using System.CommandLine;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs extract IMAGE [PATH...] -C DIR</c>.</summary>
internal static class ExtractCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it, copied to the same path below DIR; without one all.", Arity = ArgumentArity.ZeroOrMore };
        var directory = new Option<string>("-C", "--directory") { Description = "Directory to copy to; created if missing.", HelpName = "DIR", DefaultValueFactory = _ => "." };
        var preserve = new Option<string[]>("--preserve") { Description = $"Keep more: {PreservedWords.Listing}.", HelpName = "LIST" };
        var noPreserve = new Option<string[]>("--no-preserve") { Description = "Keep less; takes the same words.", HelpName = "LIST" };
        var sameMode = new Option<bool>("-p", "--same-permissions", "--preserve-permissions") { Description = "The same as --preserve=mode: set-user-ID bits too." };
        var otherMode = new Option<bool>("--no-same-permissions") { Description = "The same as --no-preserve=mode: less the umask." };
        var sameOwner = new Option<bool>("--same-owner") { Description = "The same as --preserve=ownership; the default for root." };
        var otherOwner = new Option<bool>("--no-same-owner") { Description = "The same as --no-preserve=ownership; the default unless for root." };
        var follow = new Option<bool>("-L", "--dereference") { Description = "Copy what symbolic links lead to, not the links." };
        var strip = new NumberOption("--strip-components") { Description = "Take N names away from the beginning of each path; as tar(1)." };
        var exclude = new Option<string[]>("--exclude") { Description = "Leave out what matches; may be repeated; as tar(1).", HelpName = "GLOB" };
        var limit = new Option<string?>("--limit") { Description = "Write no more than SIZE; none for no limit (default: 100 times the image).", HelpName = "SIZE" };
        var command = new ImageCommand("extract", "Copy files out of an image, with modes, times, links and holes; nothing is mounted.")
        {
            paths, directory, follow, preserve, noPreserve, sameMode, otherMode, sameOwner, otherOwner, strip, exclude, limit,
            new Example("imagefs extract debian.iso -C out", "copy all there is"),
            new Example("imagefs extract -o part=2 disk.img etc home -C out", "two directories of a partition: out/etc and out/home"),
            new Example("imagefs extract --strip-components=3 disk.img usr/share/doc -C out", "its contents, right below out"),
            new Example("imagefs extract --preserve=all rootfs.img -C /mnt", "with device nodes and capabilities, for a system that is to run"),
        };
        command.MakePlan = parsed => new ReadingPlan { Target = parsed.GetRequiredValue(directory), Keeps = Keeps(parsed) };
        command.SetAction((stack, fileSystem, parsed) =>
        {
            bool followsLinks = parsed.GetValue(follow);
            string[] asked = parsed.GetValue(paths) ?? [];
            var named = new List<(byte[][] Path, NodeId Node)>();
            int status = ImageCommand.ForEach(parsed, fileSystem, asked, path => named.Add((Names(path), PathLookup.Find(fileSystem, path, followsLinks))));
            if (asked.Length > 0 && named.Count == 0)
            {
                return status;
            }

            Allowance allowance = parsed.GetValue(limit) switch
            {
                null => Allowance.Default(stack.LengthOfFiles),
                "none" => new Allowance(long.MaxValue, "everything that can be read"),
                string size => new Allowance(OptionList.ParseSize("--limit", size), "the limit"),
            };
            using OutputFolder target = OpenTarget(parsed.GetRequiredValue(directory));
            command.KeepTarget();
            var exclusions = new Exclusions(parsed.GetValue(exclude) ?? []);
            using var bar = new ProgressBar(() => TotalSize.Of(fileSystem, asked.Length == 0 ? [([], fileSystem.Root)] : named, exclusions));
            Action<string> say = bar.Interrupt(Log.WriteToStandardError);
            using var ahead = new FolderAhead(fileSystem, stack.Context.Memory.Decoded);
            using var extraction = new Extraction(fileSystem, target, allowance, bar.Add, say, ahead)
            {
                Keeps = Keeps(parsed),
                FollowsLinks = followsLinks,
                StrippedNames = parsed.GetValue(strip) ?? 0,
                Exclusions = exclusions,
                Announce = command.IsVerbose(parsed) ? bar.Interrupt(Console.Out.WriteLine) : static _ => { },
            };
            if (asked.Length == 0)
            {
                extraction.CopyContents(fileSystem.Root);
            }

            foreach ((byte[][] path, NodeId node) in named)
            {
                if (path.Length == 0)
                {
                    extraction.CopyContents(node);
                }
                else
                {
                    extraction.Copy(path, node);
                }
            }

            if (extraction.LeftOut.Count > 0)
            {
                string leftOut = string.Join(", ", extraction.LeftOut.Select(what => $"{what.Value} {what.Key}"));
                say($"not kept: {leftOut}; --preserve= with these words keeps them");
            }

            return status == ExitStatus.Success && extraction.Failures > 0 ? ExitStatus.Incomplete : status;
        });
        return command;

        Preserved Keeps(ParseResult parsed)
        {
            Preserved Words(Option<string[]> option) =>
                (parsed.GetValue(option) ?? []).Aggregate(Preserved.None, (kept, list) => kept | PreservedWords.Parse(option.Name, list));
            Preserved Flag(Option<bool> option, string word) => parsed.GetValue(option) ? PreservedWords.Parse(option.Name, word) : Preserved.None;

            return (PreservedWords.Default | Words(preserve) | Flag(sameMode, "mode") | Flag(sameOwner, "ownership"))
                & ~(Words(noPreserve) | Flag(otherMode, "mode") | Flag(otherOwner, "ownership"));
        }
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

    // What is named comes out by the path it is named by, below the target: two files of one name are two. The root has no name: it is all there is.
    private static byte[][] Names(string path)
    {
        string[] names = [.. path.Split('/').Where(name => name is not ("" or "."))];
        return names.Contains("..")
            ? throw new LinuxException("open", Errno.EINVAL, $"{path}: a path that leads up")
            : [.. names.Select(name => ByteText.ToBytes(name))];
    }
}
