using System.Buffers.Binary;
using ImageFs.Storage.Decoding;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>LZX in pieces that wimlib never writes: uncompressed ones, by hand ([MS-PATCH]; wimlib: "LZX").</summary>
internal sealed class LzxCodecTests
{
    private const int Uncompressed = 3;

    [Test]
    public void A_whole_block_may_be_one_uncompressed_piece()
    {
        byte[] bytes = Noise(32 << 10);
        Assert.That(Decode([.. Words((Uncompressed, 3), (1, 1)), .. Recent(1, 1, 1), .. bytes], bytes.Length), Is.EqualTo(bytes));
    }

    [Test]
    public void A_piece_of_an_odd_length_has_a_byte_behind_it()
    {
        byte[] bytes = Noise(1001 + 500);
        byte[] stream =
        [
            .. Words((Uncompressed, 3), (0, 1), (1001, 16)), .. Recent(1, 2, 3), .. bytes[..1001], 0xFF,
            .. Words((Uncompressed, 3), (0, 1), (500, 16)), .. Recent(1, 2, 3), .. bytes[1001..],
        ];
        Assert.That(Decode(stream, bytes.Length), Is.EqualTo(bytes));
        Assert.That(Decode(stream[..^1], bytes.Length), Is.Null);
    }

    [Test]
    public void A_last_piece_may_lack_the_byte_behind_it()
    {
        byte[] bytes = Noise(77);
        Assert.That(Decode([.. Words((Uncompressed, 3), (0, 1), (77, 16)), .. Recent(1, 1, 1), .. bytes], 77), Is.EqualTo(bytes));
    }

    [TestCase(0, 1, 1)]
    [TestCase(1, 0, 1)]
    [TestCase(1, 1, 0)]
    [TestCase(-1, 1, 1)]
    public void Distances_that_cannot_be_are_damage(int first, int second, int third) =>
        Assert.That(Decode([.. Words((Uncompressed, 3), (0, 1), (77, 16)), .. Recent(first, second, third), .. Noise(78)], 77), Is.Null);

    [TestCase(0)]
    [TestCase(4)]
    [TestCase(7)]
    public void A_piece_of_another_kind_is_damage(int kind) =>
        Assert.That(Decode([.. Words((kind, 3), (0, 1), (77, 16)), .. Recent(1, 1, 1), .. Noise(78)], 77), Is.Null);

    [TestCase(0)]
    [TestCase(78)]
    public void A_piece_of_no_bytes_or_more_than_there_are_is_damage(int length) =>
        Assert.That(Decode([.. Words((Uncompressed, 3), (0, 1), (length, 16)), .. Recent(1, 1, 1), .. Noise(78)], 77), Is.Null);

    [TestCase(0x0000_1000, 0x0000_1000 - 20)]
    [TestCase(11_999_999, 11_999_999 - 20)]
    [TestCase(12_000_000, 12_000_000)]
    [TestCase(-20, 12_000_000 - 20)]
    [TestCase(-21, -21)]
    public void A_call_leads_where_it_did(int stored, int restored)
    {
        byte[] bytes = new byte[40];
        bytes[20] = bytes[30] = bytes[31] = 0xE8;
        byte[] expected = [.. bytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(21), stored);
        BinaryPrimitives.WriteInt32LittleEndian(expected.AsSpan(21), restored);
        Assert.That(
            Decode([.. Words((Uncompressed, 3), (0, 1), (40, 16)), .. Recent(1, 1, 1), .. bytes], 40),
            Is.EqualTo(expected),
            "and none in the last ten bytes");
    }

    [Test]
    public void No_bytes_make_it_fail_otherwise()
    {
        var random = new Random(9);
        byte[] stream = new byte[400];
        byte[] decoded = new byte[32 << 10];
        for (int i = 0; i < 20_000; i++)
        {
            random.NextBytes(stream);
            Codecs.Lzx.TryDecode(stream, decoded.AsSpan(0, random.Next(decoded.Length)));
        }
    }

    private static byte[]? Decode(byte[] stream, int length)
    {
        byte[] decoded = new byte[length];
        return Codecs.Lzx.TryDecode(stream, decoded) ? decoded : null;
    }

    // Bits in words of 16, the first the highest.
    private static byte[] Words(params (int Value, int Bits)[] fields)
    {
        ulong bits = 0;
        int count = 0;
        foreach ((int value, int width) in fields)
        {
            bits |= (ulong)value << (64 - count - width);
            count += width;
        }

        byte[] words = new byte[(count + 15) / 16 * 2];
        for (int i = 0; i < words.Length / 2; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(words.AsSpan(2 * i), (ushort)((bits >> (48 - (16 * i))) & 0xFFFF));
        }

        return words;
    }

    private static byte[] Recent(params int[] distances)
    {
        byte[] bytes = new byte[12];
        for (int i = 0; i < 3; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), distances[i]);
        }

        return bytes;
    }

    // Without the opcode of a call.
    private static byte[] Noise(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(0xE8))];
    }
}
