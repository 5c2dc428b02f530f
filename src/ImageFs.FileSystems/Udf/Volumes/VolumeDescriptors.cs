using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>Primary volume descriptor (ECMA-167 3/10.1).</summary>
/// <param name="bytes">The descriptor; a block.</param>
internal readonly ref struct PrimaryVolumeDescriptor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Volume Identifier (3/10.1.4).</summary>
    public string VolumeIdentifier => CompressedUnicode.ReadField(_bytes.Slice(24, 32));

    /// <summary>Volume Set Identifier, as it is recorded (3/10.1.11).</summary>
    public ReadOnlySpan<byte> VolumeSetIdentifier => _bytes.Slice(72, 128);

    /// <summary>Application Identifier (3/10.1.16).</summary>
    public EntityIdentifier Application => new(_bytes[344..]);

    /// <summary>Recording Date and Time (3/10.1.17).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.Slice(376, UdfTime.Length);

    /// <summary>Implementation Identifier (3/10.1.18).</summary>
    public EntityIdentifier Implementation => new(_bytes[388..]);
}

/// <summary>Partition descriptor (ECMA-167 3/10.5).</summary>
/// <param name="bytes">The descriptor; a block.</param>
internal readonly ref struct PartitionDescriptor(ReadOnlySpan<byte> bytes)
{
    private const uint ReadOnly = 1;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Partition Number (3/10.5.4).</summary>
    public ushort Number => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[22..]);

    /// <summary>Partition Contents (3/10.5.5).</summary>
    public EntityIdentifier Contents => new(_bytes[24..]);

    /// <summary>Unallocated Space Bitmap: blocks of the partition; of no length when there is none (4/14.3.2, UDF 2.3.3).</summary>
    public VolumeExtent UnallocatedSpaceBitmap => VolumeExtent.Read(_bytes[64..]);

    /// <summary>Whether it was written as a whole, and nothing in it is ever changed (3/10.5.7).</summary>
    public bool IsReadOnly => AccessType == ReadOnly;

    /// <summary>Access Type (3/10.5.7).</summary>
    public uint AccessType => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[184..]);

    /// <summary>Partition Starting Location: a block of the volume (3/10.5.8).</summary>
    public uint StartingLocation => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[188..]);

    /// <summary>Partition Length in blocks (3/10.5.9).</summary>
    public uint PartitionLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[192..]);
}

/// <summary>Logical volume descriptor (ECMA-167 3/10.6).</summary>
/// <param name="bytes">The descriptor; a block.</param>
/// <param name="address">Where it is in the image, in bytes.</param>
internal readonly ref struct LogicalVolumeDescriptor(ReadOnlySpan<byte> bytes, long address)
{
    private const int MapsPlace = 440;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private readonly long _address = address;

    /// <summary>Logical Volume Identifier (3/10.6.4).</summary>
    public string Identifier => CompressedUnicode.ReadField(_bytes.Slice(84, 128));

    /// <summary>Domain Identifier: "*OSTA UDF Compliant", with the revision (3/10.6.6).</summary>
    public EntityIdentifier Domain => new(_bytes[216..]);

    /// <summary>The extent of the file set descriptor, in Logical Volume Contents Use (3/10.6.7, 4/3.1).</summary>
    public AllocationDescriptor FileSet => AllocationDescriptor.ReadLong(_bytes[248..]);

    /// <summary>Implementation Identifier (3/10.6.10).</summary>
    public EntityIdentifier Implementation => new(_bytes[272..]);

    /// <summary>Integrity Sequence Extent (3/10.6.12).</summary>
    public VolumeExtent IntegritySequence => VolumeExtent.Read(_bytes[432..]);

    private uint LogicalBlockSize => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[212..]);

    private uint MapTableLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[264..]);

    private uint MapCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[268..]);

    /// <summary>Checks what the rest relies on.</summary>
    /// <exception cref="ImageException">It is of no UDF, or damaged.</exception>
    public void Check(int blockSize)
    {
        if (LogicalBlockSize != blockSize)
        {
            throw Invalid($"its blocks have {LogicalBlockSize} bytes, and the sectors {blockSize} (UDF 2.60 2.2.4.2)");
        }

        if (MapTableLength > _bytes.Length - MapsPlace)
        {
            throw Invalid($"its partition maps take {MapTableLength} bytes");
        }
    }

    /// <summary>Partition Maps (3/10.6.13).</summary>
    /// <exception cref="InvalidImageException">They are damaged.</exception>
    public List<PartitionMap> ReadMaps()
    {
        var maps = new List<PartitionMap>();
        ReadOnlySpan<byte> table = _bytes.Slice(MapsPlace, (int)MapTableLength);
        for (uint i = 0; i < MapCount; i++)
        {
            int length = table.Length >= PartitionMap.MinLength ? table[1] : 0;
            if (length < PartitionMap.MinLength || length > table.Length)
            {
                throw Invalid($"partition map {i} of {MapCount} does not lie in the table of {MapTableLength} bytes");
            }

            maps.Add(PartitionMap.Read(table[..length], _address));
            table = table[length..];
        }

        return maps.Count > 0 ? maps : throw Invalid("it has no partition");
    }

    private InvalidImageException Invalid(string problem) => new(
        TagIdentifier.LogicalVolumeDescriptor.ToName(), _address, problem, TagIdentifier.LogicalVolumeDescriptor.ToClause());
}

/// <summary>File set descriptor (ECMA-167 4/14.1).</summary>
/// <param name="bytes">The descriptor; a block.</param>
internal readonly ref struct FileSetDescriptor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Recording Date and Time (4/14.1.2).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.Slice(16, UdfTime.Length);

    /// <summary>File Set Number (4/14.1.7).</summary>
    public uint Number => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[40..]);

    /// <summary>File Set Identifier (4/14.1.12).</summary>
    public string Identifier => CompressedUnicode.ReadField(_bytes.Slice(304, 32));

    /// <summary>Root Directory ICB (4/14.1.15).</summary>
    public AllocationDescriptor RootDirectory => AllocationDescriptor.ReadLong(_bytes[400..]);

    /// <summary>System Stream Directory ICB: of length 0 when there is none (4/14.1.18).</summary>
    public AllocationDescriptor SystemStreamDirectory => AllocationDescriptor.ReadLong(_bytes[464..]);
}
