using System.CommandLine;
using ImageFs.Confinement;
using ImageFs.Help;
using ImageFs.Images;
using ImageFs.Manifest;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs manifest IMAGE -O FILE</c>, <c>imagefs manifest IMAGE --check FILE</c>.</summary>
internal static class ManifestCommand
{
    internal static Command Create()
    {
        var output = new Option<string?>("-O", "--output") { Description = "Write it to FILE; one that is there is replaced.", HelpName = "FILE" };
        var check = new Option<string?>("-c", "--check") { Description = "Check that FILE is the manifest of this image as it is.", HelpName = "FILE" };
        var digest = new Option<bool>("--digest") { Description = "Put the digest of the image's bytes in (SHA-256, as fsverity has it)." };
        var limit = new Option<string?>("--copy") { Description = "How much of files that do not lie in the image as they are is copied (default: 64M).", HelpName = "SIZE" };
        var command = new ImageCommand("manifest", "Write what Linux needs to mount an image by itself: an EROFS image without data.")
        {
            output, check, digest, limit,
            new Example("imagefs manifest disk.img -O disk.erofs", "then, as root: mount -t erofs -o device=disk.img disk.erofs /mnt"),
            new Example("imagefs manifest disk.img --check disk.erofs", "whether it still is of this image"),
        };
        command.MakePlan = parsed => new ReadingPlan
        {
            Files = parsed.GetValue(check) is { } checkedFile ? [checkedFile] : [],
            Output = parsed.GetValue(output) is { } path ? new NewFile(path) : null,
        };
        command.SetAction((stack, fileSystem, parsed) =>
        {
            var options = new ManifestOptions
            {
                CopyLimit = parsed.GetValue(limit) is { } text ? OptionList.ParseSize("copy", text) : ManifestOptions.UsualCopyLimit,
            };
            string? file = parsed.GetValue(output);
            string? old = parsed.GetValue(check);
            if (file is null == old is null)
            {
                return Failure.Tell("one of --output FILE and --check FILE says what to do; try 'imagefs manifest --help'", ExitStatus.Usage);
            }

            if (old is not null)
            {
                return Check(fileSystem, old, options, stack);
            }

            ManifestSummary summary = Write(fileSystem, command.Output, options, parsed.GetValue(digest));
            Tell(summary, stack, command.IsVerbose(parsed));
            return ExitStatus.Success;
        });
        return command;
    }

    private static void Tell(ManifestSummary summary, ImageStack stack, bool isVerbose)
    {
        if (isVerbose)
        {
            Log.WriteToStandardError($"{ByteSize.Text(summary.Length)}, {summary.Nodes} inodes, blocks of {summary.BlockSize} bytes, {ByteSize.Text(summary.Copied)} of files copied");
        }

        if (summary.LostAttributes > 0)
        {
            Log.WriteToStandardError($"{stack.Name}: {summary.LostAttributes} extended attributes have no place in EROFS and are left out");
        }
    }

    private static ManifestSummary Write(FileSystem fileSystem, NewFile output, ManifestOptions options, bool hasDigest)
    {
        ManifestSummary summary = null!;
        output.Write(file =>
        {
            summary = ManifestWriter.Write(fileSystem, file, options);
            file.Write(ManifestTrailer.Make(summary.Devices.Select(device => ManifestDevice.Of(device, hasDigest)), summary.BlockSize));
        });
        return summary;
    }

    // The same image gives the same bytes.
    private static int Check(FileSystem fileSystem, string path, ManifestOptions options, ImageStack stack)
    {
        byte[] file = File.ReadAllBytes(path);
        if (ManifestTrailer.Find(file) is not { } devices)
        {
            return Failure.Tell($"{path}: no manifest of imagefs: what stands at the end of one is missing", ExitStatus.Damaged);
        }

        using var comparison = new ComparingStream(file);
        ManifestSummary summary = ManifestWriter.Write(fileSystem, comparison, options);
        if (comparison.FirstDifference is { } place)
        {
            return Failure.Tell($"{path}: not the manifest of {stack.Name} as it is: byte 0x{place:X} differs", ExitStatus.Damaged);
        }

        bool isSame = summary.Devices.Count == devices.Count
            && summary.Devices.Zip(devices).All(pair => ManifestDevice.Of(pair.First, pair.Second.Digest.Length > 0) == pair.Second);
        return isSame ? ExitStatus.Success : Failure.Tell($"{path}: the bytes of {stack.Name} are not those that it was made of", ExitStatus.Damaged);
    }

    /// <summary>Compares what is written with what is expected.</summary>
    private sealed class ComparingStream(ReadOnlyMemory<byte> expected) : Stream
    {
        private int _position;

        public long? FirstDifference { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => _position;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            ReadOnlySpan<byte> rest = expected.Span[Math.Min(_position, expected.Length)..];
            int same = buffer.CommonPrefixLength(rest);
            if (same < buffer.Length)
            {
                FirstDifference ??= _position + same;
            }

            _position = checked(_position + buffer.Length);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
