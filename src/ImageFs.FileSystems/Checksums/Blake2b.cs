using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.Checksums;

/// <summary>BLAKE2b (RFC 7693) without a key.</summary>
internal static class Blake2b
{
    private const int BlockLength = 128;
    private const int Words = 8;
    private const int Rounds = 12;

    // RFC 7693 2.6.
    private static ReadOnlySpan<ulong> InitialVector =>
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ];

    // SIGMA (RFC 7693 2.7): which words of the message each round takes.
    private static ReadOnlySpan<byte> Schedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    /// <summary>The hash of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="hash">Takes the hash; its length, 1 to 64 bytes, is a part of what is hashed.</param>
    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        Span<ulong> state = stackalloc ulong[Words];
        InitialVector.CopyTo(state);
        state[0] ^= 0x0101_0000 ^ (uint)hash.Length;

        ulong done = 0;
        while (bytes.Length > BlockLength)
        {
            done += BlockLength;
            Compress(state, bytes[..BlockLength], done, isLast: false);
            bytes = bytes[BlockLength..];
        }

        Span<byte> last = stackalloc byte[BlockLength];
        last.Clear();
        bytes.CopyTo(last);
        Compress(state, last, done + (ulong)bytes.Length, isLast: true);

        Span<byte> result = stackalloc byte[Words * sizeof(ulong)];
        for (int i = 0; i < Words; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(result[(i * sizeof(ulong))..], state[i]);
        }

        result[..hash.Length].CopyTo(hash);
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong count, bool isLast)
    {
        Span<ulong> v = stackalloc ulong[2 * Words];
        Span<ulong> message = stackalloc ulong[2 * Words];
        state.CopyTo(v);
        InitialVector.CopyTo(v[Words..]);
        v[12] ^= count;
        v[14] = isLast ? ~v[14] : v[14];
        for (int i = 0; i < message.Length; i++)
        {
            message[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(i * sizeof(ulong))..]);
        }

        for (int round = 0; round < Rounds; round++)
        {
            ReadOnlySpan<byte> s = Schedule.Slice(round % 10 * 16, 16);
            Mix(ref v[0], ref v[4], ref v[8], ref v[12], message[s[0]], message[s[1]]);
            Mix(ref v[1], ref v[5], ref v[9], ref v[13], message[s[2]], message[s[3]]);
            Mix(ref v[2], ref v[6], ref v[10], ref v[14], message[s[4]], message[s[5]]);
            Mix(ref v[3], ref v[7], ref v[11], ref v[15], message[s[6]], message[s[7]]);
            Mix(ref v[0], ref v[5], ref v[10], ref v[15], message[s[8]], message[s[9]]);
            Mix(ref v[1], ref v[6], ref v[11], ref v[12], message[s[10]], message[s[11]]);
            Mix(ref v[2], ref v[7], ref v[8], ref v[13], message[s[12]], message[s[13]]);
            Mix(ref v[3], ref v[4], ref v[9], ref v[14], message[s[14]], message[s[15]]);
        }

        for (int i = 0; i < Words; i++)
        {
            state[i] ^= v[i] ^ v[i + Words];
        }
    }

    // G (RFC 7693 3.1).
    private static void Mix(ref ulong a, ref ulong b, ref ulong c, ref ulong d, ulong x, ulong y)
    {
        unchecked
        {
            a += b + x;
            d = BitOperations.RotateRight(d ^ a, 32);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 24);
            a += b + y;
            d = BitOperations.RotateRight(d ^ a, 16);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 63);
        }
    }
}
