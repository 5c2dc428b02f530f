using System.Buffers.Binary;
using ImageFs.FileSystems.Checksums;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>Which descriptor a tag begins (ECMA-167 3/7.2.1, 4/7.2.1).</summary>
internal enum TagIdentifier : ushort
{
    /// <summary>A sparing table has no identifier of its own (UDF 2.2.12).</summary>
    SparingTable = 0,

    PrimaryVolumeDescriptor = 1,
    AnchorVolumeDescriptorPointer = 2,
    VolumeDescriptorPointer = 3,
    ImplementationUseVolumeDescriptor = 4,
    PartitionDescriptor = 5,
    LogicalVolumeDescriptor = 6,
    UnallocatedSpaceDescriptor = 7,
    TerminatingDescriptor = 8,
    LogicalVolumeIntegrityDescriptor = 9,
    FileSetDescriptor = 256,
    FileIdentifierDescriptor = 257,
    AllocationExtentDescriptor = 258,
    IndirectEntry = 259,
    TerminalEntry = 260,
    FileEntry = 261,
    ExtendedAttributeHeaderDescriptor = 262,
    SpaceBitmapDescriptor = 264,
    ExtendedFileEntry = 266,
}

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

    /// <summary>Descriptor CRC Length: bytes after the tag that the CRC is over (3/7.2.7).</summary>
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

        ushort crc = Crc16Xmodem.Compute(_bytes.Slice(Length, CrcLength));
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

/// <summary>What descriptors are called, and where they are specified.</summary>
internal static class TagIdentifiers
{
    /// <summary>The descriptor's name.</summary>
    public static string ToName(this TagIdentifier identifier) => identifier switch
    {
        TagIdentifier.SparingTable => "sparing table",
        TagIdentifier.PrimaryVolumeDescriptor => "primary volume descriptor",
        TagIdentifier.AnchorVolumeDescriptorPointer => "anchor volume descriptor pointer",
        TagIdentifier.VolumeDescriptorPointer => "volume descriptor pointer",
        TagIdentifier.ImplementationUseVolumeDescriptor => "implementation use volume descriptor",
        TagIdentifier.PartitionDescriptor => "partition descriptor",
        TagIdentifier.LogicalVolumeDescriptor => "logical volume descriptor",
        TagIdentifier.UnallocatedSpaceDescriptor => "unallocated space descriptor",
        TagIdentifier.TerminatingDescriptor => "terminating descriptor",
        TagIdentifier.LogicalVolumeIntegrityDescriptor => "logical volume integrity descriptor",
        TagIdentifier.FileSetDescriptor => "file set descriptor",
        TagIdentifier.FileIdentifierDescriptor => "file identifier descriptor",
        TagIdentifier.AllocationExtentDescriptor => "allocation extent descriptor",
        TagIdentifier.IndirectEntry => "indirect entry",
        TagIdentifier.TerminalEntry => "terminal entry",
        TagIdentifier.FileEntry => "file entry",
        TagIdentifier.ExtendedAttributeHeaderDescriptor => "extended attribute header descriptor",
        TagIdentifier.SpaceBitmapDescriptor => "space bitmap descriptor",
        TagIdentifier.ExtendedFileEntry => "extended file entry",
        _ => "descriptor",
    };

    /// <summary>The clause that specifies the descriptor.</summary>
    public static string ToClause(this TagIdentifier identifier) => identifier switch
    {
        TagIdentifier.SparingTable => "UDF 2.60 2.2.12",
        TagIdentifier.PrimaryVolumeDescriptor => "ECMA-167 3/10.1",
        TagIdentifier.AnchorVolumeDescriptorPointer => "ECMA-167 3/10.2",
        TagIdentifier.VolumeDescriptorPointer => "ECMA-167 3/10.3",
        TagIdentifier.ImplementationUseVolumeDescriptor => "ECMA-167 3/10.4",
        TagIdentifier.PartitionDescriptor => "ECMA-167 3/10.5",
        TagIdentifier.LogicalVolumeDescriptor => "ECMA-167 3/10.6",
        TagIdentifier.UnallocatedSpaceDescriptor => "ECMA-167 3/10.8",
        TagIdentifier.TerminatingDescriptor => "ECMA-167 3/10.9",
        TagIdentifier.LogicalVolumeIntegrityDescriptor => "ECMA-167 3/10.10",
        TagIdentifier.FileSetDescriptor => "ECMA-167 4/14.1",
        TagIdentifier.FileIdentifierDescriptor => "ECMA-167 4/14.4",
        TagIdentifier.AllocationExtentDescriptor => "ECMA-167 4/14.5",
        TagIdentifier.IndirectEntry => "ECMA-167 4/14.7",
        TagIdentifier.TerminalEntry => "ECMA-167 4/14.8",
        TagIdentifier.FileEntry => "ECMA-167 4/14.9",
        TagIdentifier.ExtendedAttributeHeaderDescriptor => "ECMA-167 4/14.10.1",
        TagIdentifier.SpaceBitmapDescriptor => "ECMA-167 4/14.12",
        TagIdentifier.ExtendedFileEntry => "ECMA-167 4/14.17",
        _ => "ECMA-167 3/7.2",
    };
}
