using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.Checksums;

/// <summary>MD5 (RFC 1321), to compare with what was recorded: it guards against accidents only. The runtime's own needs OpenSSL.</summary>
internal sealed class Md5
{
    private const int BlockLength = 64;
    private const int LengthPlace = BlockLength - sizeof(ulong);
    private const int Steps = 64;

    // RFC 1321 3.4: the integer part of 2^32 times the sine of the step.
    private static readonly uint[] s_sines = [.. Enumerable.Range(1, Steps).Select(step => (uint)(Math.Abs(Math.Sin(step)) * 4_294_967_296.0))];
    private static readonly int[] s_shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21];

    private readonly byte[] _pending = new byte[BlockLength];
    private uint _a = 0x6745_2301;
    private uint _b = 0xEFCD_AB89;
    private uint _c = 0x98BA_DCFE;
    private uint _d = 0x1032_5476;
    private ulong _length;

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int pending = (int)(_length % BlockLength);
        _length += (ulong)bytes.Length;
        if (pending > 0)
        {
            int taken = Math.Min(bytes.Length, BlockLength - pending);
            bytes[..taken].CopyTo(_pending.AsSpan(pending));
            bytes = bytes[taken..];
            if (pending + taken < BlockLength)
            {
                return;
            }

            Transform(_pending);
        }

        while (bytes.Length >= BlockLength)
        {
            Transform(bytes[..BlockLength]);
            bytes = bytes[BlockLength..];
        }

        bytes.CopyTo(_pending);
    }

    /// <summary>The sum in hexadecimal digits, small letters; nothing may be added after it.</summary>
    public string Finish()
    {
        ulong bits = unchecked(_length * 8);
        int padding = (int)((LengthPlace + BlockLength - 1 - (_length % BlockLength)) % BlockLength) + 1;
        Span<byte> end = stackalloc byte[BlockLength + sizeof(ulong)];
        end.Clear();
        end[0] = 0x80;
        BinaryPrimitives.WriteUInt64LittleEndian(end[padding..], bits);
        Append(end[..(padding + sizeof(ulong))]);
        Span<byte> sum = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(sum, _a);
        BinaryPrimitives.WriteUInt32LittleEndian(sum[4..], _b);
        BinaryPrimitives.WriteUInt32LittleEndian(sum[8..], _c);
        BinaryPrimitives.WriteUInt32LittleEndian(sum[12..], _d);
        return Convert.ToHexStringLower(sum);
    }

    private void Transform(ReadOnlySpan<byte> block)
    {
        Span<uint> words = stackalloc uint[BlockLength / sizeof(uint)];
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt32LittleEndian(block[(i * sizeof(uint))..]);
        }

        uint a = _a;
        uint b = _b;
        uint c = _c;
        uint d = _d;
        for (int step = 0; step < Steps; step++)
        {
            (uint mixed, int word) = (step / 16) switch
            {
                0 => ((b & c) | (~b & d), step),
                1 => ((b & d) | (c & ~d), (5 * step) + 1),
                2 => (b ^ c ^ d, (3 * step) + 5),
                _ => (c ^ (b | ~d), 7 * step),
            };
            uint turned = unchecked(a + mixed + words[word % 16] + s_sines[step]);
            (a, d, c, b) = (d, c, b, unchecked(b + BitOperations.RotateLeft(turned, s_shifts[(step / 16 * 4) + (step % 4)])));
        }

        unchecked
        {
            _a += a;
            _b += b;
            _c += c;
            _d += d;
        }
    }
}
