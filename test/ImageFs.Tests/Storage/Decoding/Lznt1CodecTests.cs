using System.Text;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>LZNT1 by the example of [MS-XCA] and by chunks of all kinds.</summary>
internal sealed class Lznt1CodecTests
{
    private const string Song =
        "F# F# G A A G F# E D D E F# F# E E F# F# G A A G F# E D D E F# E D D E E F# D E F# G F# D E F# G F# E D E A F# F# G A A G F# E D D E F# E D D\0";

    private static readonly byte[] s_example = Convert.FromHexString(
        "38b08846232000204720410010a24701a045204400084501507900c045200524138805b4024a44ef0358028c091601484500be009e000401189000");

    [Test]
    public void The_example_of_the_specification_is_decoded()
    {
        byte[] decoded = new byte[Song.Length];
        Assert.That(Codecs.Lznt1.TryDecode(s_example, decoded));
        Assert.That(Encoding.ASCII.GetString(decoded), Is.EqualTo(Song));
    }

    [Test]
    public void What_a_stream_or_a_chunk_lacks_is_zeros()
    {
        byte[] stream = [0x02, 0xB0, 0, (byte)'a', (byte)'b', .. s_example, 0, 0, 9, 9];
        byte[] expected = new byte[3 * 4096];
        expected[0] = (byte)'a';
        expected[1] = (byte)'b';
        Encoding.ASCII.GetBytes(Song, expected.AsSpan(4096));
        byte[] decoded = new byte[expected.Length];
        decoded.AsSpan().Fill(0xFF);
        Assert.That(Codecs.Lznt1.TryDecode(stream, decoded));
        Assert.That(decoded, Is.EqualTo(expected));
    }

    [TestCase(1)]
    [TestCase(512)]
    [TestCase(4096)]
    [TestCase(4097)]
    [TestCase(65536)]
    public void Bytes_of_every_kind_are_decoded(int length)
    {
        var random = new Random(length);
        Assert.Multiple(() =>
        {
            for (int variety = 1; variety <= 256; variety *= 2)
            {
                byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(random.Next(variety) * (i >> 8) % 251))];
                byte[] decoded = new byte[length];
                Assert.That(Codecs.Lznt1.TryDecode(Lznt1Encoder.Encode(bytes), decoded), $"variety {variety}");
                Assert.That(decoded, Is.EqualTo(bytes), $"variety {variety}");
            }
        });
    }

    [TestCase(new byte[] { 0x02, 0xB0, 1, 0, 0 }, TestName = "A match before any byte")]
    [TestCase(new byte[] { 0x03, 0xB0, 2, 65, 0, 16 }, TestName = "A match from before the start of the chunk")]
    [TestCase(new byte[] { 0x03, 0xB0, 2, 65, 0xFF, 0x0F }, TestName = "A match of more than there is room for")]
    [TestCase(new byte[] { 0x02, 0xB0, 2, 65, 0 }, TestName = "A match without its second byte")]
    [TestCase(new byte[] { 0x02, 0x90, 0, 65, 65 }, TestName = "A compressed chunk with another signature")]
    [TestCase(new byte[] { 0x05, 0xB0, 0, 65, 65 }, TestName = "A chunk that goes on behind the stream")]
    [TestCase(new byte[] { 0xFF, 0x3F, 1, 2, 3 }, TestName = "A stored chunk that goes on behind the stream")]
    public void What_cannot_be_is_damage(byte[] stream) => Assert.That(Codecs.Lznt1.TryDecode(stream, new byte[512]), Is.False);

    [Test]
    public void No_bytes_make_it_fail_otherwise()
    {
        var random = new Random(8);
        byte[] stream = new byte[80];
        byte[] decoded = new byte[4096];
        int refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(stream);
            stream[0] = (byte)random.Next(77);
            stream[1] = 0xB0;
            stream[2] &= (byte)(i % 2 == 0 ? 0 : 0xF0);
            stream[stream[0] + 3] = 0;
            stream[Math.Min(stream[0] + 4, stream.Length - 1)] = 0;
            refused += Codecs.Lznt1.TryDecode(stream, decoded) ? 0 : 1;
        }

        Assert.That(refused, Is.InRange(1000, 19_000));
    }
}
