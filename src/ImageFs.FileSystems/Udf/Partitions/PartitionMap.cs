using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>How the blocks of a partition are found.</summary>
internal enum PartitionKind : byte
{
    /// <summary>They follow one another in the volume (ECMA-167 3/10.7.2).</summary>
    Physical,

    /// <summary>A table at the end of what was recorded has each (UDF 2.2.8).</summary>
    Virtual,

    /// <summary>They follow one another, but for packets that were moved off bad sectors (UDF 2.2.9).</summary>
    Sparable,

    /// <summary>They are a file's, which there may be two of (UDF 2.2.10).</summary>
    Metadata,
}

/// <summary>How one partition of a logical volume lies in the volume (ECMA-167 3/10.7).</summary>
/// <param name="Kind">How its blocks are found.</param>
/// <param name="Number">Partition Number: which partition descriptor it is about.</param>
/// <param name="Revision">The UDF revision that the kind is of; 0 for a physical one.</param>
/// <param name="Bytes">The map.</param>
/// <param name="Address">The logical volume descriptor that it is in, in bytes from the start of the image.</param>
internal sealed record PartitionMap(PartitionKind Kind, ushort Number, ushort Revision, byte[] Bytes, long Address)
{
    /// <summary>Bytes of the shortest.</summary>
    public const int MinLength = 6;

    /// <summary>Linux's bound, and UDF's (2.2.9).</summary>
    public const int MaxSparingTables = 4;

    private const int LongLength = 64;

    /// <summary>Packet Length in blocks, of a sparable one (UDF 2.2.9).</summary>
    public ushort PacketLength => BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(40));

    /// <summary>Number of Sparing Tables (UDF 2.2.9).</summary>
    public int SparingTables => Bytes[42];

    /// <summary>Size of each sparing table in bytes (UDF 2.2.9).</summary>
    public uint SparingTableSize => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(44));

    /// <summary>Metadata File Location, of a metadata one: a block of its physical partition (UDF 2.2.10).</summary>
    public uint MetadataFile => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(40));

    /// <summary>Metadata Mirror File Location (UDF 2.2.10).</summary>
    public uint MetadataMirrorFile => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(44));

    /// <summary>Metadata Bitmap File Location: 0xFFFFFFFF when there is none (UDF 2.2.10).</summary>
    public uint MetadataBitmapFile => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(48));

    /// <summary>Whether the mirror has blocks of its own (UDF 2.2.10, Flags).</summary>
    public bool IsDuplicated => (Bytes[58] & 1) != 0;

    /// <exception cref="ImageException">It is damaged, or of an unknown kind.</exception>
    public static PartitionMap Read(ReadOnlySpan<byte> bytes, long address)
    {
        byte type = bytes[0];
        if (type == 1 && bytes.Length == MinLength)
        {
            return new PartitionMap(PartitionKind.Physical, BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]), 0, bytes.ToArray(), address);
        }

        if (type != 2 || bytes.Length != LongLength)
        {
            throw new InvalidImageException("partition map", address, $"it is of type {type}, and has {bytes.Length} bytes", "ECMA-167 3/10.7");
        }

        var entity = new EntityIdentifier(bytes[4..]);
        ReadOnlySpan<byte> name = entity.Identifier;
        PartitionKind kind =
            name.SequenceEqual("*UDF Virtual Partition"u8) ? PartitionKind.Virtual
            : name.SequenceEqual("*UDF Sparable Partition"u8) ? PartitionKind.Sparable
            : name.SequenceEqual("*UDF Metadata Partition"u8) ? PartitionKind.Metadata
            : throw new UnsupportedFeatureException($"a partition map of '{entity.Text}'", "ECMA-167 3/10.7.3");
        return new PartitionMap(kind, BinaryPrimitives.ReadUInt16LittleEndian(bytes[38..]), entity.Revision, bytes.ToArray(), address);
    }

    /// <summary>Where a sparing table is: a block of the volume (UDF 2.2.9).</summary>
    public uint SparingTable(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(48 + (4 * index)));
}
