using System.Diagnostics;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Packed;

/// <summary>Compressed files as the programs make them, and opened as the program does.</summary>
internal static class PackedFolder
{
    /// <summary>Makes contents of which some compress well and some do not.</summary>
    public static byte[] MakeContents(int length)
    {
        byte[] bytes = new byte[length];
        var random = new Random(5);
        for (int start = 0; start < length;)
        {
            Span<byte> run = bytes.AsSpan(start, Math.Min(random.Next(1, 40_000), length - start));
            switch (random.Next(4))
            {
                case 0:
                    random.NextBytes(run);
                    break;
                case 1:
                    run.Fill((byte)random.Next(256));
                    break;
                case 2 when start > run.Length:
                    bytes.AsSpan(random.Next(start - run.Length), run.Length).CopyTo(run);
                    break;
                default:
                    for (int i = 0; i < run.Length; i++)
                    {
                        run[i] = (byte)"the quick brown fox "[random.Next(20)];
                    }

                    break;
            }

            start += run.Length;
        }

        return bytes;
    }

    /// <summary>Compresses contents by a program that reads its standard input and writes its standard output, in a shell.</summary>
    public static byte[] Pack(string command, byte[] contents)
    {
        using Process process = Process.Start(new ProcessStartInfo("sh", ["-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        var writing = Task.Run(() =>
        {
            using Stream input = process.StandardInput.BaseStream;
            input.Write(contents);
        });
        using var output = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(output);
        Assert.That(process.WaitForExit(TimeSpan.FromSeconds(60)), Is.True, command);
        Assert.That(process.ExitCode, Is.Zero, $"{command}: {errors.Result} (test/install-tools.sh installs it)");
        writing.Wait();
        return output.ToArray();
    }

    /// <summary>Opens a compressed file that is nowhere.</summary>
    public static BlockSource Open(byte[] packed, string name = "disk.img", long cacheLimit = CacheFolder.UsualBytes, List<string>? warnings = null) =>
        Open(packed, new CacheFolder(Path.GetTempPath(), cacheLimit), name, warnings);

    /// <summary>Opens a compressed file that is nowhere, and keeps what comes of it in a folder.</summary>
    public static BlockSource Open(byte[] packed, CacheFolder cache, string name = "disk.img", List<string>? warnings = null) =>
        ContainerFormats.Open(
            new ImageFile(name, new MemorySource(packed), new NoFolder(), "disk"),
            null,
            new OpenContext(new ImageFs.Storage.OptionList(), warnings is null ? null : warnings.Add) { Cache = cache });
}
