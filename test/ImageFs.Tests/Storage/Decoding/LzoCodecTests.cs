using System.Text;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>LZO1X by streams made by hand, instruction by instruction (Linux: Documentation/staging/lzo.rst).</summary>
internal sealed class LzoCodecTests
{
    private static readonly byte[] s_end = [0x11, 0, 0];

    private static readonly (string Name, byte[] Stream, string Text)[] s_streams =
    [
        ("nothing", [.. s_end], ""),
        ("literals of the first byte", [17 + 5, .. "abcde"u8, .. s_end], "abcde"),
        ("few literals, then a match of two bytes", [17 + 3, .. "abc"u8, (2 << 2) | 0, 0, .. s_end], "abcab"),
        ("a run of literals", [2, .. "abcde"u8, .. s_end], "abcde"),
        ("a run of many literals", [0, 0, 5, .. Many(15 + 255 + 5 + 3), .. s_end], Encoding.ASCII.GetString(Many(278))),
        ("a match of three and four bytes", [17 + 4, .. "abcd"u8, 64 | (3 << 2), 0, 64 | 32 | (0 << 2) | 1, 0, (byte)'x', .. s_end], "abcdabcccccx"),
        ("a match of eight bytes that repeats", [17 + 4, .. "abcd"u8, 128 | 64 | 32 | (1 << 2), 0, .. s_end], "abcdcdcdcdcd"),
        ("a match of any length", [17 + 4, .. "abcd"u8, 32, 9, (3 << 2) | 2, 0, .. "yz"u8, .. s_end], "abcd" + Repeat("abcd", 42) + "yz"),
        ("a match after a run, from 2 KiB on", [0, .. new byte[8], 11, .. Many(2069), 0, 0, .. s_end], Encoding.ASCII.GetString(Many(2069)) + Encoding.ASCII.GetString(Many(2069), 20, 3)),
    ];

    [Test]
    public void A_stream_is_what_its_instructions_say([ValueSource(nameof(s_streams))] (string Name, byte[] Stream, string Text) of)
    {
        byte[] decoded = new byte[of.Text.Length + 10];
        Assert.That(Codecs.Lzo.TryDecode(of.Stream, decoded, out int length), of.Name);
        Assert.That(Encoding.ASCII.GetString(decoded, 0, length), Is.EqualTo(of.Text));
        Assert.That(Codecs.Lzo.TryDecode((byte[])[.. of.Stream, 1, 2, 3], decoded.AsSpan(0, of.Text.Length)), "what follows is not looked at");
    }

    [Test]
    public void A_stream_that_is_cut_short_is_damage([ValueSource(nameof(s_streams))] (string Name, byte[] Stream, string Text) of)
    {
        byte[] decoded = new byte[of.Text.Length];
        for (int length = 0; length < of.Stream.Length; length++)
        {
            Assert.That(Codecs.Lzo.TryDecode(of.Stream.AsMemory(0, length), decoded, out _), Is.False, $"{length} bytes");
        }
    }

    [Test]
    public void A_stream_of_more_is_damage([ValueSource(nameof(s_streams))] (string Name, byte[] Stream, string Text) of)
    {
        for (int length = 0; length < of.Text.Length; length++)
        {
            Assert.That(Codecs.Lzo.TryDecode(of.Stream, new byte[length], out _), Is.False, $"room for {length} bytes");
        }
    }

    [TestCase(new byte[] { 17 + 4, 1, 2, 3, 4, 64 | (4 << 2), 0, 0x11, 0, 0 }, TestName = "A match from before the start")]
    [TestCase(new byte[] { 0x12, 0, 0 }, TestName = "An end with a length")]
    [TestCase(new byte[] { 64, 0 }, TestName = "A match of nothing")]
    public void What_cannot_be_is_damage(byte[] stream) => Assert.That(Codecs.Lzo.TryDecode(stream, new byte[100], out _), Is.False);

    [Test]
    public void No_bytes_make_it_fail_otherwise()
    {
        var random = new Random(5);
        byte[] stream = new byte[64];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(stream);
            stream[0] = (byte)random.Next(40);
            Codecs.Lzo.TryDecode(stream, new byte[500], out _);
        }
    }

    private static byte[] Many(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)('a' + (i * 7 % 26)))];

    private static string Repeat(string text, int length) => string.Concat(Enumerable.Repeat(text, length))[..length];
}
