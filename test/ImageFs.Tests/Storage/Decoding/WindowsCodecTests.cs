using System.Security.Cryptography;
using System.Text;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>Xpress and LZX as wimlib encodes them.</summary>
internal sealed class WindowsCodecTests
{
    private string _folder = null!;

    [OneTimeSetUp]
    public void MakeFiles()
    {
        _folder = Directory.CreateTempSubdirectory("imagefs-wim-").FullName;
        var random = new Random(20);
        byte[] noise = new byte[100_000];
        random.NextBytes(noise);
        byte[] words = Encoding.ASCII.GetBytes(string.Join(' ', Enumerable.Range(0, 40_000).Select(i => $"word{random.Next(3000)}")));
        byte[] slowly = [.. Enumerable.Range(0, 150_000).Select(i => (byte)((i >> 10) + random.Next(3)))];
        byte[] runs = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i / 9000))];
        string runtime = typeof(object).Assembly.Location;
        Write("noise", noise);
        Write("words", words);
        Write("slowly", slowly);
        Write("runs", runs);
        Write("one byte", [1]);
        Write("a chunk and a byte", words.AsSpan(0, (32 << 10) + 1));
        Write("noise and zeros", [.. noise[..40_000], .. new byte[60_000]]);
        Write("code", File.ReadAllBytes("/usr/bin/wimcapture"));
        Write("runtime", File.ReadAllBytes(runtime).AsSpan(0, 1 << 20));
    }

    [OneTimeTearDown]
    public void RemoveFiles() => Directory.Delete(_folder, recursive: true);

    [TestCase("XPRESS", 4096)]
    [TestCase("XPRESS", 8192)]
    [TestCase("XPRESS", 16384)]
    [TestCase("XPRESS", 65536)]
    [TestCase("LZX", 32768)]
    public void What_wimlib_compressed_has_the_hashes_that_it_wrote(string compression, int chunkLength)
    {
        Codec codec = compression == "LZX" ? Codecs.Lzx : Codecs.Xpress;
        int compressed = 0;
        Assert.Multiple(() =>
        {
            foreach (CompressedBlob blob in WimFile.Capture(_folder, compression, chunkLength).Blobs.Where(blob => blob.ChunkLength > 0))
            {
                byte[] whole = new byte[blob.Length];
                int at = 0;
                foreach ((ReadOnlyMemory<byte> stored, int length) in blob.Chunks())
                {
                    Span<byte> chunk = whole.AsSpan(at, length);
                    if (stored.Length == length)
                    {
                        stored.Span.CopyTo(chunk);
                    }
                    else
                    {
                        compressed++;
                        Assert.That(codec.TryDecode(stored, chunk), $"chunk at {at} of {blob.Length}");
                    }

                    at += length;
                }

                Assert.That(SHA1.HashData(whole), Is.EqualTo(blob.Sha1), $"{blob.Length} bytes");
            }
        });
        Assert.That(compressed, Is.GreaterThan(30));
    }

    [TestCase("XPRESS", 4096)]
    [TestCase("LZX", 32768)]
    public void A_chunk_that_is_damaged_is_decoded_to_something_or_refused(string compression, int chunkLength)
    {
        Codec codec = compression == "LZX" ? Codecs.Lzx : Codecs.Xpress;
        var random = new Random(3);
        (ReadOnlyMemory<byte> Stored, int Length)[] chunks =
            [.. WimFile.Capture(_folder, compression, chunkLength).Blobs.Where(blob => blob.ChunkLength > 0).SelectMany(blob => blob.Chunks())];
        int refused = 0;
        byte[] decoded = new byte[chunkLength];
        for (int i = 0; i < 1500; i++)
        {
            (ReadOnlyMemory<byte> stored, int length) = chunks[random.Next(chunks.Length)];
            byte[] mutant = stored.ToArray();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                mutant[random.Next(Math.Min(mutant.Length, random.Next(1, 3000)))] ^= (byte)(1 << random.Next(8));
            }

            refused += codec.TryDecode(mutant, decoded.AsSpan(0, length)) ? 0 : 1;
        }

        Assert.That(refused, Is.InRange(100, 1500));
    }

    [TestCase("XPRESS", 4096)]
    [TestCase("LZX", 32768)]
    public void A_chunk_without_its_end_is_damage(string compression, int chunkLength)
    {
        Codec codec = compression == "LZX" ? Codecs.Lzx : Codecs.Xpress;
        Assert.Multiple(() =>
        {
            foreach ((ReadOnlyMemory<byte> stored, int length) in WimFile.Capture(_folder, compression, chunkLength).Blobs
                .Where(blob => blob.ChunkLength > 0).SelectMany(blob => blob.Chunks().Take(1)).Where(chunk => chunk.Stored.Length < chunk.Length))
            {
                // The last word of Xpress may be one that is read ahead and says nothing.
                foreach (int cut in (int[])[5, 6, 7, 8, 100, stored.Length / 2, stored.Length])
                {
                    Assert.That(codec.TryDecode(stored[..Math.Max(0, stored.Length - cut)], new byte[length]), Is.False, $"{cut} of {stored.Length} bytes");
                }
            }
        });
    }

    private void Write(string name, ReadOnlySpan<byte> bytes) => File.WriteAllBytes(Path.Combine(_folder, name), bytes);
}
