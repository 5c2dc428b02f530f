using System.CommandLine;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs diff IMAGE IMAGE [PATH...]</c>.</summary>
internal static class DiffCommand
{
    private static readonly Dictionary<string, ComparedFacts> s_words = new()
    {
        ["mode"] = ComparedFacts.Mode,
        ["ownership"] = ComparedFacts.Ownership,
        ["contents"] = ComparedFacts.Contents,
        ["xattr"] = ComparedFacts.Attributes,
        ["timestamps"] = ComparedFacts.Times,
    };

    internal static Command Create()
    {
        var other = new Argument<string>("IMAGE2") { Description = "The other image, opened with the same options." };
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in both; without one all there is.", Arity = ArgumentArity.ZeroOrMore };
        var ignored = new Option<string[]>("--ignore") { Description = $"What may differ: {string.Join(", ", s_words.Keys.SkipLast(1))}.", HelpName = "LIST" };
        var times = new Option<bool>("--times") { Description = "Compare times of the last change, too." };
        var command = new ImageCommand("diff", "Compare the files of two images: names, types, modes, owners, contents; nothing is mounted.")
        {
            other, paths, ignored, times,
            new Example("imagefs diff yesterday.img today.img", "what has changed"),
            new Example("imagefs diff --ignore=ownership,xattr a.iso b.squashfs etc", "one folder of two formats"),
        };
        command.MakePlan = parsed => new ReadingPlan { Images = [parsed.GetRequiredValue(other)] };
        command.SetAction((stack, fileSystem, parsed) =>
        {
            ComparedFacts facts = ComparedFacts.Usual | (parsed.GetValue(times) ? ComparedFacts.Times : ComparedFacts.None);
            foreach (string word in (parsed.GetValue(ignored) ?? []).SelectMany(list => list.Split(',')))
            {
                facts &= ~(s_words.TryGetValue(word, out ComparedFacts fact) ? fact : throw new OptionException($"--ignore={word}", $"must be of {string.Join(", ", s_words.Keys)}"));
            }

            return command.Open(parsed, [parsed.GetRequiredValue(other)], second => Compare(parsed, fileSystem, command.OpenFileSystem(second, parsed), facts));
        });
        return command;

        int Compare(ParseResult parsed, FileSystem fileSystem, FileSystem second, ComparedFacts facts)
        {
            using Stream output = StandardOutput.Open();
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["."];
            using var bar = new ProgressBar(() => TotalSize.Of(fileSystem, PathPattern.ExpandAll(fileSystem, named)));
            var comparison = new TreeComparison(
                fileSystem,
                second,
                (path, difference) =>
                {
                    bar.Hide();
                    NameText.Write(output, path.ToBytes());
                    output.Write(ByteText.ToBytes($": {difference}\n"));
                },
                (path, error) =>
                {
                    bar.Hide();
                    Failure.TellOfFile(path, error);
                })
            {
                Facts = facts,
                Progress = bar.Add,
            };
            int status = ImageCommand.ForEach(parsed, fileSystem, named, path => comparison.Run(
                new FilePath(null, ByteText.ToBytes(path)),
                PathLookup.Find(fileSystem, path, followLast: false),
                PathLookup.Find(second, path, followLast: false)));
            return status != ExitStatus.Success ? status : comparison.Failures > 0 ? ExitStatus.MountFailure : comparison.Differences > 0 ? ExitStatus.Different : ExitStatus.Success;
        }
    }
}
