using System.Buffers.Binary;

namespace ImageFs.FileSystems.Btrfs.Items;

/// <summary>How much of a chunk is in use (btrfs_block_group_item).</summary>
internal readonly ref struct BlockGroupItem
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 24;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The item.</param>
    public BlockGroupItem(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>used: bytes, of one copy.</summary>
    public ulong Used => BinaryPrimitives.ReadUInt64LittleEndian(_bytes);

    /// <summary>chunk_objectid.</summary>
    public ulong ChunkObject => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>flags.</summary>
    public BlockGroupFlags Flags => (BlockGroupFlags)BinaryPrimitives.ReadUInt64LittleEndian(_bytes[16..]);
}

/// <summary>What a block group is for, and how it lies on devices (BTRFS_BLOCK_GROUP_*).</summary>
[Flags]
internal enum BlockGroupFlags : ulong
{
    None = 0,
    Data = 0x1,
    System = 0x2,
    Metadata = 0x4,
    Raid0 = 0x8,
    Raid1 = 0x10,
    Dup = 0x20,
    Raid10 = 0x40,
    Raid5 = 0x80,
    Raid6 = 0x100,
    Raid1C3 = 0x200,
    Raid1C4 = 0x400,
}
