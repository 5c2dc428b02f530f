using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Gzip;

/// <summary>The header of a member of a gzip file (RFC 1952 2.3).</summary>
/// <param name="Length">Its bytes.</param>
/// <param name="BlockLength">Bytes of the whole member, where it is a block of bgzip that says so; 0 otherwise.</param>
internal readonly record struct MemberHeader(int Length, int BlockLength)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "RFC 1952 2.3";

    /// <summary>Bytes of the checksum and the length that a member ends with.</summary>
    public const int TrailerLength = 8;

    private const int FixedLength = 10;
    private const int Deflate = 8;
    private const int HasChecksum = 2;
    private const int HasExtra = 4;
    private const int HasName = 8;
    private const int HasComment = 16;
    private const int Reserved = 0xE0;

    // The extra field alone may have 64 KiB.
    private const int MaxLength = 128 << 10;
    private const int UsualLength = 256;

    /// <summary>The bytes that a member begins with, with the one method that there is.</summary>
    public static ReadOnlySpan<byte> Magic => [0x1F, 0x8B, Deflate];

    /// <summary>Reads the header of a member.</summary>
    /// <returns>Null when none begins there.</returns>
    /// <exception cref="ImageException">It is cut short, or says something that nobody knows.</exception>
    public static MemberHeader? Read(BlockSource source, long address)
    {
        for (int wanted = UsualLength; ; wanted = MaxLength)
        {
            byte[] bytes = new byte[Math.Min(wanted, source.Length - address)];
            source.ReadAt(address, bytes);
            if (!bytes.AsSpan().StartsWith(Magic))
            {
                return null;
            }

            if (TryRead(bytes, address, out MemberHeader header))
            {
                return header;
            }

            if (bytes.Length < wanted)
            {
                throw new TruncatedImageException(source.Length, source.Length);
            }

            if (wanted == MaxLength)
            {
                throw new UnsupportedFeatureException($"a gzip member at 0x{address:X} with a header of more than {MaxLength} bytes");
            }
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> bytes, long address, out MemberHeader header)
    {
        header = default;
        if (bytes.Length < FixedLength)
        {
            return false;
        }

        int flags = bytes[3];
        if ((flags & Reserved) != 0)
        {
            throw new UnsupportedFeatureException($"a gzip member at 0x{address:X} with reserved flags (0x{flags:X2})", Clause);
        }

        int at = FixedLength;
        int blockLength = 0;
        if ((flags & HasExtra) != 0)
        {
            if (bytes.Length < at + 2)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            at += 2;
            if (bytes.Length < at + length)
            {
                return false;
            }

            blockLength = BlockLengthIn(bytes.Slice(at, length));
            at += length;
        }

        foreach (int flag in (ReadOnlySpan<int>)[HasName, HasComment])
        {
            if ((flags & flag) != 0)
            {
                int end = at <= bytes.Length ? bytes[at..].IndexOf((byte)0) : -1;
                if (end < 0)
                {
                    return false;
                }

                at += end + 1;
            }
        }

        at += (flags & HasChecksum) != 0 ? 2 : 0;
        header = new MemberHeader(at, blockLength);
        return at <= bytes.Length;
    }

    // The subfield BC (the SAM/BAM specification, 4.1).
    private static int BlockLengthIn(ReadOnlySpan<byte> extra)
    {
        while (extra.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(extra[2..]);
            if (length > extra.Length - 4)
            {
                break;
            }

            if (extra[0] == (byte)'B' && extra[1] == (byte)'C' && length == 2)
            {
                return BinaryPrimitives.ReadUInt16LittleEndian(extra[4..]) + 1;
            }

            extra = extra[(4 + length)..];
        }

        return 0;
    }
}
