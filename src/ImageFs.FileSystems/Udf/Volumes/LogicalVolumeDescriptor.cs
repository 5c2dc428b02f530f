using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Volumes;

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
