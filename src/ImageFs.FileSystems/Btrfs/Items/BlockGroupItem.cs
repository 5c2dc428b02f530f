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
