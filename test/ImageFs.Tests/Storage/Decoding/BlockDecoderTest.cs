using System.Diagnostics;
using System.IO.Compression;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>A block is decoded by the whole of its stream, or not.</summary>
public sealed class BlockDecoderTest
{
    private const int Length = 8192;

    private static readonly byte[] s_contents = MakeContents();

    [TestCase(Compression.Deflate)]
    [TestCase(Compression.Zlib)]
    [TestCase(Compression.Bzip2)]
    [TestCase(Compression.Xz)]
    [TestCase(Compression.Zstandard)]
    public void A_stream_is_decoded_and_what_follows_is_not_looked_at(Compression compression)
    {
        byte[] stream = Compress(compression);
        Assert.Multiple(() =>
        {
            foreach (int padding in (int[])[0, 1, 511, 20000])
            {
                Assert.That(Decode(compression, [.. stream, .. new byte[padding]], Length), Is.EqualTo(s_contents), $"{padding} bytes behind");
            }
        });
    }

    [TestCase(Compression.Deflate)]
    [TestCase(Compression.Zlib)]
    [TestCase(Compression.Bzip2)]
    [TestCase(Compression.Xz)]
    [TestCase(Compression.Zstandard)]
    public void A_stream_without_its_end_is_damage(Compression compression)
    {
        byte[] stream = Compress(compression);
        Assert.Multiple(() =>
        {
            for (int cut = 1; cut <= 64; cut++)
            {
                Assert.That(Decode(compression, stream[..^cut], Length), Is.Null, $"the last {cut} bytes are missing");
            }
        });
    }

    [TestCase(Compression.Deflate)]
    [TestCase(Compression.Zlib)]
    [TestCase(Compression.Bzip2)]
    [TestCase(Compression.Xz)]
    [TestCase(Compression.Zstandard)]
    public void A_stream_of_less_or_more_is_damage(Compression compression)
    {
        byte[] stream = Compress(compression);
        Assert.Multiple(() =>
        {
            foreach (int length in (int[])[1, Length - 1, Length + 1, 2 * Length])
            {
                Assert.That(Decode(compression, stream, length), Is.Null, $"{length} bytes are wanted");
            }
        });
    }

    // Deflate has no checksum.
    [TestCase(Compression.Zlib)]
    [TestCase(Compression.Bzip2)]
    [TestCase(Compression.Xz)]
    [TestCase(Compression.Zstandard)]
    public void No_flipped_bit_gives_other_bytes(Compression compression)
    {
        byte[] stream = Compress(compression);
        Assert.Multiple(() =>
        {
            foreach (int bit in Enumerable.Range(0, stream.Length * 8).Where(bit => bit % 97 == 0 || bit >= (stream.Length - 8) * 8))
            {
                byte[] flipped = [.. stream];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(Decode(compression, flipped, Length), Is.Null.Or.EqualTo(s_contents), $"bit {bit}");
            }
        });
    }

    [TestCase(Compression.Zlib)]
    [TestCase(Compression.Deflate)]
    public void The_error_is_the_programs_own(Compression compression) =>
        Assert.That(
            () => BlockDecoder.Decode(compression, new MemorySource(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF }), 0, 4, new byte[8]),
            Throws.TypeOf<InvalidImageException>().With.Message.Contains("4 bytes are no whole stream").And.Message.Not.Contains("archive"));

    private static byte[]? Decode(Compression compression, byte[] stream, int length)
    {
        byte[] decoded = new byte[length];
        return BlockDecoder.TryDecode(compression, new MemorySource(stream), 0, stream.Length, decoded) ? decoded : null;
    }

    private static byte[] MakeContents()
    {
        byte[] contents = new byte[Length];
        new Random(7).NextBytes(contents.AsSpan(0, Length / 2));
        return contents;
    }

    private static byte[] Compress(Compression compression) => compression switch
    {
        Compression.Deflate => Deflate(stream => new DeflateStream(stream, CompressionLevel.Optimal)),
        Compression.Zlib => Deflate(stream => new ZLibStream(stream, CompressionLevel.Optimal)),
        Compression.Bzip2 => Filter("bzip2"),
        Compression.Xz => Filter("xz"),
        _ => Filter("zstd"),
    };

    private static byte[] Deflate(Func<Stream, Stream> compress)
    {
        using var result = new MemoryStream();
        using (Stream stream = compress(result))
        {
            stream.Write(s_contents);
        }

        return result.ToArray();
    }

    private static byte[] Filter(string program)
    {
        using var process = Process.Start(new ProcessStartInfo(program, "-c") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.BaseStream.Write(s_contents);
        process.StandardInput.Close();
        using var result = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(result);
        process.WaitForExit();
        return result.ToArray();
    }
}
