using System.Text;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>Xpress by the examples of [MS-XCA] 3.2 and streams made by hand.</summary>
internal sealed class XpressCodecTests
{
    private const int EndSymbol = 256;

    // Distances of two bits' worth, and a length that follows.
    private const int LongMatch = EndSymbol + 0x1F;

    private static readonly byte[] s_alphabet =
    [
        .. Table([.. "abcdefghijklmnopqrstuv".Select(letter => ((int)letter, 5)), ('w', 4), ('x', 4), ('y', 4), ('z', 4), (EndSymbol, 4)]),
        .. Convert.FromHexString("d8523ed794115be9195ff9d67cdf8d0400000000"),
    ];

    private static readonly byte[] s_long =
    [
        .. Table(('a', 3), ('b', 3), ('c', 2), (EndSymbol, 2), (LongMatch, 2)),
        .. Convert.FromHexString("a8dc0000ff2601"),
    ];

    [Test]
    public void The_examples_of_the_specification_are_decoded()
    {
        Assert.That(Decode(s_alphabet, 26), Is.EqualTo("abcdefghijklmnopqrstuvwxyz"));
        Assert.That(Decode(s_long, 300), Is.EqualTo(string.Concat(Enumerable.Repeat("abc", 100))));
    }

    [Test]
    public void A_length_that_is_cut_off_is_damage([Range(1, 3)] int cut) => Assert.That(Decode(s_long[..^cut], 300), Is.Null);

    [Test]
    public void What_follows_the_stream_is_not_looked_at() => Assert.That(Decode([.. s_long, 1, 2, 3], 300), Is.Not.Null);

    [Test]
    public void A_match_of_more_than_there_is_room_for_is_damage() => Assert.That(Decode(s_long, 299), Is.Null);

    [Test]
    public void A_length_in_two_bytes_that_one_would_do_for_is_damage()
    {
        byte[] stream = [.. s_long];
        (stream[^2], stream[^1]) = (14, 0);
        Assert.That(Decode(stream, 300), Is.Null);
    }

    [Test]
    public void A_code_that_is_not_given_is_damage()
    {
        // 'a' and the end have two bits of one each; nothing begins with 1.
        byte[] table = Table(('a', 2), (EndSymbol, 2));
        Assert.That(Decode([.. table, 0x00, 0x00, 0, 0], 5), Is.EqualTo("aaaaa"));
        Assert.That(Decode([.. table, 0x00, 0x20, 0, 0], 5), Is.Null);
    }

    [Test]
    public void More_codes_than_bits_have_room_for_are_damage() =>
        Assert.That(Decode([.. Table(('a', 1), ('b', 1), ('c', 15)), 0, 0, 0, 0], 5), Is.Null);

    [Test]
    public void A_match_from_before_the_start_is_damage() =>
        Assert.That(Decode([.. Table(('a', 1), (EndSymbol + 0x10, 1)), 0x00, 0x40, 0, 0], 4), Is.Null);

    private static string? Decode(byte[] stream, int length)
    {
        byte[] decoded = new byte[length];
        return Codecs.Xpress.TryDecode(stream, decoded) ? Encoding.ASCII.GetString(decoded) : null;
    }

    private static byte[] Table(params (int Symbol, int Length)[] codes)
    {
        byte[] table = new byte[256];
        foreach ((int symbol, int length) in codes)
        {
            table[symbol / 2] |= (byte)(length << (symbol % 2 * 4));
        }

        return table;
    }
}
