using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Storage.Containers.Xz;

/// <summary>What is around the blocks of an .xz stream (The .xz File Format 2.1, 4).</summary>
internal static class XzFraming
{
    /// <summary>Bytes of the header of a stream, and of its footer.</summary>
    public const int HeaderLength = 12;

    /// <summary>What stream and blocks are a multiple of.</summary>
    public const int Alignment = 4;

    private const int FlagsAt = 6;
    private const int FlagsLength = 2;

    /// <summary>The bytes that a stream begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0];

    /// <summary>The bytes that it ends with.</summary>
    public static ReadOnlySpan<byte> FooterMagic => "YZ"u8;

    /// <summary>A header.</summary>
    /// <param name="check">What checks its blocks.</param>
    public static byte[] MakeHeader(byte check)
    {
        byte[] header = new byte[HeaderLength];
        Magic.CopyTo(header);
        header[FlagsAt + 1] = check;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(FlagsAt + FlagsLength), Crc32.HashToUInt32(header.AsSpan(FlagsAt, FlagsLength)));
        return header;
    }

    /// <summary>The index of a stream with one block, and the footer.</summary>
    /// <param name="check">What checks the block.</param>
    /// <param name="unpaddedLength">Its bytes with header and check.</param>
    /// <param name="length">Its bytes, decoded.</param>
    public static byte[] MakeEnd(byte check, long unpaddedLength, long length)
    {
        Span<byte> index = stackalloc byte[2 + (2 * sizeof(long)) + 8];
        index.Clear();
        index[1] = 1;
        int end = 2;
        end += WriteNumber(index[end..], unpaddedLength);
        end += WriteNumber(index[end..], length);
        end = (end + Alignment - 1) / Alignment * Alignment;
        byte[] tail = new byte[end + sizeof(uint) + HeaderLength];
        index[..end].CopyTo(tail);
        BinaryPrimitives.WriteUInt32LittleEndian(tail.AsSpan(end), Crc32.HashToUInt32(index[..end]));
        Span<byte> footer = tail.AsSpan(end + sizeof(uint));
        BinaryPrimitives.WriteInt32LittleEndian(footer[4..], ((end + sizeof(uint)) / Alignment) - 1);
        footer[9] = check;
        FooterMagic.CopyTo(footer[10..]);
        BinaryPrimitives.WriteUInt32LittleEndian(footer, Crc32.HashToUInt32(footer[4..10]));
        return tail;
    }

    /// <summary>The check that a header or footer names by its flags; null when its own checksum is wrong, or it has flags that nobody knows.</summary>
    public static byte? ReadHeader(ReadOnlySpan<byte> header) =>
        header.StartsWith(Magic)
        && Crc32.HashToUInt32(header.Slice(FlagsAt, FlagsLength)) == BinaryPrimitives.ReadUInt32LittleEndian(header[(FlagsAt + FlagsLength)..])
        && header[FlagsAt] == 0 && header[FlagsAt + 1] < 16
            ? header[FlagsAt + 1]
            : null;

    /// <summary>The length of the index that a footer names.</summary>
    /// <returns>Null when it is no footer.</returns>
    public static long? ReadFooter(ReadOnlySpan<byte> footer, out byte check)
    {
        check = footer[9];
        return footer[10..].SequenceEqual(FooterMagic) && footer[8] == 0 && check < 16
            && Crc32.HashToUInt32(footer[4..10]) == BinaryPrimitives.ReadUInt32LittleEndian(footer)
                ? (BinaryPrimitives.ReadUInt32LittleEndian(footer[4..]) + 1L) * Alignment
                : null;
    }

    /// <summary>Reads a number of variable length (1.2).</summary>
    /// <returns>False when it is none.</returns>
    public static bool TryReadNumber(ref ReadOnlySpan<byte> bytes, out long number)
    {
        number = 0;
        for (int i = 0; i < 9 && i < bytes.Length; i++)
        {
            number |= (long)(bytes[i] & 0x7F) << (7 * i);
            if ((bytes[i] & 0x80) == 0)
            {
                // The shortest form is the only one.
                bool isShortest = i == 0 || bytes[i] != 0;
                bytes = bytes[(i + 1)..];
                return isShortest;
            }
        }

        return false;
    }

    private static int WriteNumber(Span<byte> destination, long number)
    {
        int length = 0;
        while (number >= 0x80)
        {
            destination[length++] = (byte)(number & 0x7F | 0x80);
            number >>= 7;
        }

        destination[length++] = (byte)number;
        return length;
    }
}
