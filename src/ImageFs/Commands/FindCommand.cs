using System.CommandLine;
using ImageFs.Advice;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs find IMAGE [PATH...] [TEST...]</c>: the tests of find(1) that are used most; all given have to be met.</summary>
internal static class FindCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Where to begin; without one at the root, which is '.' then.", Arity = ArgumentArity.ZeroOrMore };
        var name = new Option<string[]>("-name") { Description = "The last name matches a pattern of the shell.", HelpName = "GLOB" };
        var anyCaseName = new Option<string[]>("-iname") { Description = "The same, whether letters are small or large.", HelpName = "GLOB" };
        var path = new Option<string[]>("-path") { Description = "The whole path matches.", HelpName = "GLOB" };
        var type = new Option<string?>("-type") { Description = "f file, d directory, l symbolic link, b c device, p pipe, s socket; several with commas.", HelpName = "LETTERS" };
        var size = new Option<string[]>("-size") { Description = "Size in blocks of 512 bytes, rounded up; in c bytes, k, M, G; + for more, - for less.", HelpName = "[+-]N[ckMG]" };
        var newer = new Option<string?>("-newer") { Description = "Changed later than a file of the image.", HelpName = "PATH" };
        var newerThan = new Option<string?>("-newermt") { Description = "Changed later than a time: 2026-01-31, '2026-01-31 12:00'.", HelpName = "TIME" };
        var days = new Option<string[]>("-mtime") { Description = "Changed so many whole days ago; + for more, - for less.", HelpName = "[+-]N" };
        var mode = new Option<string?>("-perm") { Description = "Has just these permissions, in octal; - for all of them, / for any.", HelpName = "[-/]MODE" };
        var empty = new Option<bool>("-empty") { Description = "A file without a byte, or a directory without a name." };
        var minDepth = new NumberOption("-mindepth") { Description = "At least so deep below where it begins." };
        var maxDepth = new NumberOption("-maxdepth") { Description = "At most so deep." };
        var isLong = new Option<bool>("-ls", "-l", "--long") { Description = "Print what ls -l prints." };
        var zeros = new Option<bool>("-print0", "--null") { Description = "End each path by a NUL, as xargs -0 takes them." };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON." };
        var command = new ImageCommand("find", "Find files of an image by what they are; nothing is mounted.")
        {
            paths,
            { "Tests", name, anyCaseName, path, type, size, newer, newerThan, days, mode, empty },
            { "Where and how", minDepth, maxDepth, isLong, zeros, asJson },
            new Example("imagefs find disk.img etc -name '*.conf' -type f", "files of a folder"),
            new Example("imagefs find -ls -size +100M rootfs.img", "what is large"),
            new Example("imagefs find -print0 -newermt 2026-01-01 disk.img | xargs -0 -n1", "for other programs"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            DateTimeOffset now = DateTimeOffset.UtcNow;
            var tests = new List<FileTest>();
            tests.AddRange((parsed.GetValue(name) ?? []).Select(glob => FileTest.Name(glob, ignoresCase: false)));
            tests.AddRange((parsed.GetValue(anyCaseName) ?? []).Select(glob => FileTest.Name(glob, ignoresCase: true)));
            tests.AddRange((parsed.GetValue(path) ?? []).Select(FileTest.Path));
            tests.AddRange((parsed.GetValue(size) ?? []).Select(FileTest.Size));
            tests.AddRange((parsed.GetValue(days) ?? []).Select(text => FileTest.Days(text, now)));
            Add(type, FileTest.Type);
            Add(newer, text => FileTest.Newer(fileSystem.GetAttributes(MeantPath.Find(fileSystem, text, followLast: false)).ModifyTime));
            Add(newerThan, text => FileTest.Newer(FileTest.ParseTime("-newermt", text)));
            Add(mode, FileTest.Permissions);
            if (parsed.GetValue(empty))
            {
                tests.Add(FileTest.Empty(fileSystem));
            }

            int least = parsed.GetValue(minDepth) ?? 0;
            using Stream output = StandardOutput.Open();
            FoundForm form = parsed.GetValue(asJson) ? FoundForm.Json : parsed.GetValue(isLong) ? FoundForm.Long : parsed.GetValue(zeros) ? FoundForm.Null : FoundForm.Line;
            using var bar = ProgressBar.OfFiles();
            using var writer = new FoundWriter(output, fileSystem, form);
            var walk = new TreeWalk(
                fileSystem,
                found =>
                {
                    bar.Add(1);
                    if (found.Depth >= least && tests.TrueForAll(test => test.IsMetBy(found)))
                    {
                        bar.Hide();
                        writer.Write(found);
                    }
                },
                (found, error) =>
                {
                    bar.Hide();
                    Failure.TellOfFile(found, error);
                })
            {
                MaxDepth = parsed.GetValue(maxDepth) ?? int.MaxValue,
            };
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["."];
            int status = ImageCommand.ForEach(parsed, fileSystem, named, top => walk.Run(ByteText.ToBytes(top), PathLookup.Find(fileSystem, top, followLast: false)));
            return status == ExitStatus.Success && walk.Failures > 0 ? ExitStatus.Incomplete : status;

            void Add(Option<string?> option, Func<string, FileTest> make)
            {
                if (parsed.GetValue(option) is { } text)
                {
                    tests.Add(make(text));
                }
            }
        });
        return command;
    }
}
