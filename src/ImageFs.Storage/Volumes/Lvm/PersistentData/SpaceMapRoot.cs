using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>Where a space map is (struct disk_sm_root): it counts how often each block is used.</summary>
internal readonly record struct SpaceMapRoot
{
    /// <summary>Reads it.</summary>
    public SpaceMapRoot(ReadOnlySpan<byte> bytes)
    {
        Blocks = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        Allocated = BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]);
        BitmapRoot = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        CountRoot = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]);
    }

    /// <summary>Blocks that it counts.</summary>
    public long Blocks { get; }

    /// <summary>Blocks of those that are used.</summary>
    public long Allocated { get; }

    /// <summary>The index of its bitmaps: a tree; of the metadata's own map, a block.</summary>
    public long BitmapRoot { get; }

    /// <summary>The tree of the counts above two.</summary>
    public long CountRoot { get; }
}
