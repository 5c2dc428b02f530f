using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>The tag that every descriptor begins with (ECMA-167 3/7.2, 4/7.2).</summary>
internal readonly ref struct DescriptorTag
{
    /// <summary>Its length in bytes.</summary>
    public const int Length = 16;

    private const int ChecksumPlace = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The descriptor, or as much of it as is known.</param>
    public DescriptorTag(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Tag Identifier (3/7.2.1).</summary>
    public TagIdentifier Identifier => (TagIdentifier)BinaryPrimitives.ReadUInt16LittleEndian(_bytes);

    /// <summary>Descriptor Version (3/7.2.2).</summary>
    public ushort Version => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>Descriptor CRC (3/7.2.6).</summary>
    public ushort Crc => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[8..]);

    /// <summary>Descriptor CRC Length: bytes behind the tag that the CRC is over (3/7.2.7).</summary>
    public ushort CrcLength => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[10..]);

    /// <summary>Tag Location: the block that the descriptor is in (3/7.2.8).</summary>
    public uint Location => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[12..]);

    /// <summary>Whether nothing was recorded here.</summary>
    public bool IsBlank => !_bytes[..Length].ContainsAnyExcept((byte)0);

    private byte Checksum
    {
        get
        {
            byte sum = 0;
            for (int i = 0; i < Length; i++)
            {
                sum = unchecked((byte)(sum + (i == ChecksumPlace ? 0 : _bytes[i])));
            }

            return sum;
        }
    }

    /// <summary>What is wrong with the tag itself; null when nothing is.</summary>
    public string? FindProblem()
    {
        if (Checksum != _bytes[ChecksumPlace])
        {
            return $"the checksum of its tag is 0x{Checksum:X2}, recorded is 0x{_bytes[ChecksumPlace]:X2}";
        }

        return Version is 2 or 3 ? null : $"its tag is of version {Version}";
    }

    /// <summary>What is wrong with the CRC of the descriptor; null when nothing is, or the CRC is over more than is known (as in Linux).</summary>
    public string? FindWrongCrc()
    {
        if (CrcLength > _bytes.Length - Length)
        {
            return null;
        }

        ushort crc = Crc16.Compute(_bytes.Slice(Length, CrcLength));
        return crc == Crc ? null : $"its CRC is 0x{crc:X4}, recorded is 0x{Crc:X4}";
    }

    /// <summary>Checks a descriptor: tag, CRC, that it is the one expected, and that it is where it says.</summary>
    /// <param name="descriptor">The descriptor, with the rest of its block.</param>
    /// <param name="location">The block that it is in.</param>
    /// <param name="address">Where that is in the image, in bytes.</param>
    /// <param name="expected">What it has to be; any of them will do. The first gives the error its words.</param>
    /// <exception cref="InvalidImageException">It is none of these, or damaged.</exception>
    public static void Check(ReadOnlySpan<byte> descriptor, uint location, long address, params ReadOnlySpan<TagIdentifier> expected)
    {
        if (FindDamage(descriptor, location, expected) is { } problem)
        {
            TagIdentifier identifier = new DescriptorTag(descriptor).Identifier;
            TagIdentifier named = IsAmong(identifier, expected) ? identifier : expected[0];
            throw new InvalidImageException(named.ToName(), address, problem, named.ToClause());
        }
    }

    /// <summary>What <see cref="Check"/> finds wrong with a descriptor; null when nothing is.</summary>
    public static string? FindDamage(ReadOnlySpan<byte> descriptor, uint location, params ReadOnlySpan<TagIdentifier> expected)
    {
        var tag = new DescriptorTag(descriptor);
        if (tag.FindProblem() is { } problem)
        {
            return problem;
        }

        if (!IsAmong(tag.Identifier, expected))
        {
            return $"there is a descriptor of type {(ushort)tag.Identifier} in its place";
        }

        return tag.Location == location ? tag.FindWrongCrc() : $"its tag is for block {tag.Location}, and it is in {location}";
    }

    private static bool IsAmong(TagIdentifier identifier, ReadOnlySpan<TagIdentifier> expected)
    {
        foreach (TagIdentifier one in expected)
        {
            if (one == identifier)
            {
                return true;
            }
        }

        return false;
    }
}
