using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.FileSystems.Udf.Volumes;

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
