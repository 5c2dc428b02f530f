using System.CommandLine;
using System.Security.Cryptography;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs sums IMAGE [PATH...]</c>.</summary>
internal static class SumsCommand
{
    private const string Usual = "sha256";
    private const int BufferLength = 1 << 20;

    private static readonly Dictionary<string, HashAlgorithmName> s_algorithms = new()
    {
        ["md5"] = HashAlgorithmName.MD5,
        ["sha1"] = HashAlgorithmName.SHA1,
        [Usual] = HashAlgorithmName.SHA256,
        ["sha384"] = HashAlgorithmName.SHA384,
        ["sha512"] = HashAlgorithmName.SHA512,
    };

    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files and directories in it; without one all there is, below '.'.", Arity = ArgumentArity.ZeroOrMore };
        var algorithm = new Option<string>("-a", "--algorithm")
        {
            Description = $"{string.Join(", ", s_algorithms.Keys)} (default: {Usual}).",
            HelpName = "NAME",
            DefaultValueFactory = _ => Usual,
        };
        var command = new ImageCommand("sums", "Print checksums of an image's files, as sha256sum -c takes them; nothing is mounted.")
        {
            paths, algorithm,
            new Example("imagefs sums debian.iso > SHA256SUMS", "then, in a copy: sha256sum -c SHA256SUMS"),
            new Example("imagefs sums -a md5 disk.img boot", "for md5sum -c"),
        };
        command.SetAction((stack, fileSystem, parsed) =>
        {
            string name = parsed.GetRequiredValue(algorithm);
            OpenSsl.Require(name);
            using var hash = IncrementalHash.CreateHash(s_algorithms.TryGetValue(name, out HashAlgorithmName known)
                ? known
                : throw new OptionException($"--algorithm={name}", $"must be one of {string.Join(", ", s_algorithms.Keys)}"));
            string[] named = parsed.GetValue(paths) is { Length: > 0 } given ? given : ["."];
            using Stream output = StandardOutput.Open();
            using var bar = new ProgressBar(() => TotalSize.Of(fileSystem, PathPattern.ExpandAll(fileSystem, named)));
            using var ahead = new FolderAhead(fileSystem, stack.Context.Memory.Decoded);
            byte[] buffer = new byte[BufferLength];
            var walk = new TreeWalk(
                fileSystem,
                found =>
                {
                    if (found.Attributes.Type == NodeType.Regular)
                    {
                        Add(hash, fileSystem.OpenFile(found.Node), buffer, bar, ahead);
                        bar.Hide();
                        SumLine.Write(output, hash.GetHashAndReset(), found.Path.ToBytes());
                    }
                },
                (path, error) =>
                {
                    // What was read of the file is no sum.
                    _ = hash.GetHashAndReset();
                    bar.Hide();
                    Failure.TellOfFile(path, error);
                })
            {
                Ahead = ahead,
            };
            int status = ImageCommand.ForEach(parsed, fileSystem, named, top => walk.Run(ByteText.ToBytes(top), PathLookup.Find(fileSystem, top)));
            return status == ExitStatus.Success && walk.Failures > 0 ? ExitStatus.Incomplete : status;
        });
        return command;
    }

    private static void Add(IncrementalHash hash, BlockSource file, byte[] buffer, ProgressBar bar, FolderAhead ahead)
    {
        for (long offset = 0; offset < file.Length; offset += buffer.Length)
        {
            int length = (int)Math.Min(buffer.Length, file.Length - offset);
            file.ReadAt(offset, buffer.AsSpan(0, length));
            hash.AppendData(buffer, 0, length);
            ahead.Pass(offset + length);
            bar.Add(length);
        }
    }
}
