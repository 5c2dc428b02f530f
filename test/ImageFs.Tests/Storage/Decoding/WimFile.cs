using System.Buffers.Binary;
using System.Diagnostics;
using System.Security.Cryptography;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>A WIM file that wimlib made: the only writer of Xpress and LZX beside Windows. Its resources are stored as compressed system files are.</summary>
internal sealed class WimFile
{
    private const int HeaderLength = 208;
    private const int BlobTableAt = 48;
    private const int ResourceLength = 24;
    private const int BlobLength = 50;
    private const int CompressedFlag = 4;

    private readonly byte[] _file;

    private WimFile(byte[] file, int chunkLength)
    {
        _file = file;
        byte[] table = Resource(file.AsSpan(BlobTableAt, ResourceLength), out long tableLength, out _).ToArray();
        Blobs = [.. Enumerable.Range(0, (int)tableLength / BlobLength).Select(i => Blob(table.AsSpan(i * BlobLength, BlobLength), chunkLength))];
    }

    /// <summary>Its files, each once, and what else it keeps.</summary>
    public IReadOnlyList<CompressedBlob> Blobs { get; }

    /// <summary>Captures a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="compression">XPRESS or LZX.</param>
    /// <param name="chunkLength">Bytes that are compressed together.</param>
    public static WimFile Capture(string folder, string compression, int chunkLength)
    {
        string path = Path.Combine(Path.GetTempPath(), $"imagefs-{Guid.NewGuid():N}.wim");
        try
        {
            var start = new ProcessStartInfo("wimcapture") { RedirectStandardError = true, RedirectStandardOutput = true };
            foreach (string word in (string[])[folder, path, "--no-acls", "--threads=1", $"--compress={compression}", $"--chunk-size={chunkLength}"])
            {
                start.ArgumentList.Add(word);
            }

            using Process process = Process.Start(start)!;
            string said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero, said);
            return new WimFile(File.ReadAllBytes(path), chunkLength);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private CompressedBlob Blob(ReadOnlySpan<byte> entry, int chunkLength)
    {
        byte[] stored = Resource(entry, out long length, out bool isCompressed).ToArray();
        return new CompressedBlob(stored, (int)length, isCompressed ? chunkLength : 0, entry[^SHA1.HashSizeInBytes..].ToArray());
    }

    private ReadOnlySpan<byte> Resource(ReadOnlySpan<byte> header, out long length, out bool isCompressed)
    {
        long stored = BinaryPrimitives.ReadInt64LittleEndian(header) & 0xFF_FFFF_FFFF_FFFF;
        long address = BinaryPrimitives.ReadInt64LittleEndian(header[8..]);
        Assert.That(address, Is.AtLeast(HeaderLength));
        length = BinaryPrimitives.ReadInt64LittleEndian(header[16..]);
        isCompressed = (header[7] & CompressedFlag) != 0;
        return _file.AsSpan((int)address, (int)stored);
    }
}
