using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>A block is decoded by the whole of its stream, or not.</summary>
public sealed class CodecTests
{
    private const int Length = 8192;

    private static readonly byte[] s_contents = MakeContents();

    [TestCase("deflate")]
    [TestCase("zlib")]
    [TestCase("bzip2")]
    [TestCase("xz")]
    [TestCase("lzma")]
    [TestCase("zstd")]
    public void A_stream_is_decoded_and_what_follows_is_not_looked_at(string codec)
    {
        byte[] stream = Compress(codec);
        Assert.Multiple(() =>
        {
            foreach (int padding in (int[])[0, 1, 511, 20000])
            {
                Assert.That(Decode(codec, [.. stream, .. new byte[padding]], Length), Is.EqualTo(s_contents), $"{padding} bytes behind");
            }
        });
    }

    [TestCase("deflate")]
    [TestCase("zlib")]
    [TestCase("bzip2")]
    [TestCase("xz")]
    [TestCase("lzma")]
    [TestCase("zstd")]
    public void A_stream_without_its_end_is_damage(string codec)
    {
        byte[] stream = Compress(codec);
        Assert.Multiple(() =>
        {
            for (int cut = 1; cut <= 64; cut++)
            {
                Assert.That(Decode(codec, stream[..^cut], Length), Is.Null, $"the last {cut} bytes are missing");
            }
        });
    }

    [TestCase("deflate")]
    [TestCase("zlib")]
    [TestCase("bzip2")]
    [TestCase("xz")]
    [TestCase("lzma")]
    [TestCase("zstd")]
    public void A_stream_of_less_or_more_is_damage(string codec)
    {
        byte[] stream = Compress(codec);
        Assert.Multiple(() =>
        {
            foreach (int length in (int[])[1, Length - 1, Length + 1, 2 * Length])
            {
                Assert.That(Decode(codec, stream, length), Is.Null, $"{length} bytes are wanted");
            }
        });
    }

    // Deflate has no checksum.
    [TestCase("zlib")]
    [TestCase("bzip2")]
    [TestCase("xz")]
    [TestCase("zstd")]
    public void No_flipped_bit_gives_other_bytes(string codec)
    {
        byte[] stream = Compress(codec);
        Assert.Multiple(() =>
        {
            foreach (int bit in Enumerable.Range(0, stream.Length * 8).Where(bit => bit % 97 == 0 || bit >= (stream.Length - 8) * 8))
            {
                byte[] flipped = [.. stream];
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.That(Decode(codec, flipped, Length), Is.Null.Or.EqualTo(s_contents), $"bit {bit}");
            }
        });
    }

    [TestCase("zlib", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [TestCase("deflate", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [TestCase("zlib", new byte[] { 0x78, 0xBB, 1, 2, 3, 4, 5, 6 }, TestName = "A dictionary that nobody has")]
    [TestCase("bzip2", new byte[] { 0xFF })]
    [TestCase("xz", new byte[] { 0xFF })]
    [TestCase("lzma", new byte[] { 0xFF })]
    [TestCase("lzma", new byte[] { 0x5D, 0xFF, 0xFF, 0xFF, 0xFF, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, TestName = "A dictionary of 4 GiB")]
    [TestCase("lz4", new byte[] { 0xFF })]
    [TestCase("lz4", new byte[0], TestName = "Not even a token")]
    [TestCase("lz4", new byte[] { 0x10, 0x41, 0x05, 0x00 }, TestName = "A match from before the block")]
    [TestCase("zstd", new byte[] { 0xFF })]
    [TestCase("zlib", new byte[0])]
    public void What_a_library_says_of_damage_is_a_no(string codec, byte[] stream) => Assert.That(Decode(codec, stream, 8), Is.Null);

    [Test]
    public void A_block_of_lz4_is_decoded_by_all_of_its_bytes()
    {
        byte[] block = Compress("lz4");
        Assert.Multiple(() =>
        {
            Assert.That(block, Has.Length.LessThan(Length));
            Assert.That(Decode("lz4", block, Length), Is.EqualTo(s_contents));
            Assert.That(Decode("lz4", block, Length - 1), Is.Null, "less room");
            Assert.That(Decode("lz4", block, Length + 1), Is.Null, "more is wanted");
            for (int cut = 1; cut <= 64; cut++)
            {
                Assert.That(Decode("lz4", block[..^cut], Length), Is.Null, $"the last {cut} bytes are missing");
            }
        });
    }

    [TestCase("--x86")]
    [TestCase("--arm")]
    [TestCase("--armthumb")]
    [TestCase("--powerpc")]
    [TestCase("--sparc")]
    [TestCase("--delta=dist=4")]
    public void A_stream_of_xz_with_a_filter_is_decoded(string filter) =>
        Assert.That(Decode("xz", Filter("xz", filter, "--lzma2", "--check=crc32"), Length), Is.EqualTo(s_contents));

    [Test]
    public void A_part_of_an_array_is_a_stream_too()
    {
        byte[] stream = Compress("zlib");
        byte[] decoded = new byte[Length];
        Assert.That(Codecs.Zlib.TryDecode(new byte[] { 1, 2, 3 }.Concat(stream).ToArray().AsMemory(3), decoded), Is.True);
        Assert.That(decoded, Is.EqualTo(s_contents));
    }

    [Test]
    public void Names_are_those_of_one_codec_each() => Assert.That(Codecs.All.Select(codec => codec.Name), Is.Unique.And.All.Not.Empty);

    [Test]
    public void A_library_that_is_missing_is_told_by_its_name()
    {
        var codec = new LibraryCodec("lzx", "libno.so.7", (_, _) => throw new DllNotFoundException());
        Assert.That(codec.IsAvailable, Is.False);
        Assert.That(
            () => codec.TryDecode(new byte[4], new byte[4]), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("lzx").And.Message.Contains("libno.so.7"));
    }

    [TestCase("deflate")]
    [TestCase("lz4")]
    [TestCase("zstd")]
    [TestCase("microlzma")]
    public void The_start_of_a_stream_is_decoded_and_no_more_than_there_is(string codec)
    {
        byte[] stream = Compress(codec);
        Codec one = Codecs.All.Single(one => one.Name == codec);
        Assert.Multiple(() =>
        {
            // What xz makes ends with a mark, which no MicroLZMA has: all of it is not had by its length.
            foreach (int length in (int[])[1, 100, 4096, Length - 1, codec == "microlzma" ? Length - 2 : Length])
            {
                byte[] decoded = new byte[length];
                Assert.That(one.TryDecodeStart(stream, decoded), Is.True, $"{length} bytes");
                Assert.That(decoded, Is.EqualTo(s_contents[..length]), $"{length} bytes");
            }

            if (codec != "microlzma")
            {
                Assert.That(one.TryDecodeStart(stream, new byte[Length + 1]), Is.False);
                Assert.That(one.TryDecodeStart(Enumerable.Repeat((byte)0xFF, 100).ToArray(), new byte[Length]), Is.False);
            }

            Assert.That(one.TryDecodeStart(stream.AsMemory(0, 8), new byte[Length]), Is.False);
        });
    }

    private static byte[]? Decode(string codec, byte[] stream, int length)
    {
        byte[] decoded = new byte[length];
        bool isDecoded = Codecs.All.Single(one => one.Name == codec).TryDecode(stream, decoded);
        if (codec is "deflate" or "zlib")
        {
            byte[] byRuntime = new byte[length];
            Assert.That(new InflateCodec(codec, codec == "zlib" ? Linux.DeflateWrapping.Zlib : Linux.DeflateWrapping.None, isByRuntime: true).TryDecode(stream, byRuntime), Is.EqualTo(isDecoded), "by the runtime");
            Assert.That(!isDecoded || byRuntime.AsSpan().SequenceEqual(decoded), Is.True, "by the runtime");
        }

        return isDecoded ? decoded : null;
    }

    private static byte[] MakeContents()
    {
        byte[] contents = new byte[Length];
        new Random(7).NextBytes(contents.AsSpan(0, Length / 2));
        return contents;
    }

    private static byte[] Compress(string codec) => codec switch
    {
        "deflate" => Deflate(stream => new DeflateStream(stream, CompressionLevel.Optimal)),
        "zlib" => Deflate(stream => new ZLibStream(stream, CompressionLevel.Optimal)),
        "bzip2" => Filter("bzip2"),
        "xz" => Filter("xz"),
        "lzma" => Filter("xz", "--format=lzma"),
        "microlzma" => ToMicro(Filter("xz", "--format=lzma")),
        "lz4" => TakeBlock(Filter("lz4", "--no-frame-crc")),
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

    // Without the header of 13 bytes, but with its end, so that only the start can be asked for; the properties, inverted, stand in the place of the first byte, which is 0 (lzma/container.h).
    private static byte[] ToMicro(byte[] alone)
    {
        Assert.That(alone[13], Is.Zero);
        return [(byte)(alone[0] ^ 0xFF), .. alone.AsSpan(14)];
    }

    // Of a frame: a header of 7 bytes, the length of the block, the block, and an end of 4 bytes (lz4_Frame_format.md).
    private static byte[] TakeBlock(byte[] frame)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(frame.AsSpan(7));
        Assert.That(frame, Has.Length.EqualTo(length + 15));
        return frame[11..^4];
    }

    private static byte[] Filter(string program, params string[] options)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [.. options, "-c"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.BaseStream.Write(s_contents);
        process.StandardInput.Close();
        using var result = new MemoryStream();
        process.StandardOutput.BaseStream.CopyTo(result);
        process.WaitForExit();
        return result.ToArray();
    }
}
