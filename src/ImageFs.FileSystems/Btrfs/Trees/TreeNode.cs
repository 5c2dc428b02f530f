using System.Buffers.Binary;

namespace ImageFs.FileSystems.Btrfs.Trees;

/// <summary>A node of a tree (btrfs_header, and btrfs_key_ptr or btrfs_item after it).</summary>
internal readonly ref struct TreeNode
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderSize = 101;

    /// <summary>Bytes of an item's header.</summary>
    public const int ItemSize = TreeKey.Size + 8;

    /// <summary>Bytes of a pointer to a child.</summary>
    public const int PointerSize = TreeKey.Size + 16;

    /// <summary>BTRFS_MAX_LEVEL: levels that a tree has at most.</summary>
    public const int MaxLevels = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole node.</param>
    public TreeNode(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>csum: of all that follows it.</summary>
    public ReadOnlySpan<byte> Checksum => _bytes[..Btrfs.Checksum.Room];

    /// <summary>What <see cref="Checksum"/> is of.</summary>
    public ReadOnlySpan<byte> CheckedBytes => _bytes[Btrfs.Checksum.Room..];

    /// <summary>fsid: the UUID of the file system, or that of its metadata where it has one.</summary>
    public ReadOnlySpan<byte> FileSystemId => _bytes.Slice(0x20, 16);

    /// <summary>bytenr: its logical address.</summary>
    public ulong Address => UInt64(0x30);

    /// <summary>flags: the lower seven bytes.</summary>
    public ulong Flags => UInt64(0x38) & 0x00FF_FFFF_FFFF_FFFF;

    /// <summary>chunk_tree_uuid.</summary>
    public ReadOnlySpan<byte> ChunkTreeId => _bytes.Slice(0x40, 16);

    /// <summary>generation: the transaction that wrote it.</summary>
    public ulong Generation => UInt64(0x50);

    /// <summary>owner: the tree that it was written for.</summary>
    public ulong Owner => UInt64(0x58);

    /// <summary>nritems: items of a leaf, pointers of another node.</summary>
    public int Count => (int)Math.Min(BinaryPrimitives.ReadUInt32LittleEndian(_bytes[0x60..]), int.MaxValue);

    /// <summary>level: 0 of a leaf.</summary>
    public int Level => _bytes[0x64];

    /// <summary>Bytes of an entry: of an item's header, or of a pointer.</summary>
    private int EntrySize => Level == 0 ? ItemSize : PointerSize;

    /// <summary>The key of an item, or of a pointer: the first key of its child.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    public TreeKey Key(int index) => TreeKey.Read(_bytes[(HeaderSize + (index * EntrySize))..]);

    /// <summary>A child: blockptr and generation of a pointer.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    public (ulong Address, ulong Generation) Child(int index)
    {
        int place = HeaderSize + (index * PointerSize) + TreeKey.Size;
        return (UInt64(place), UInt64(place + 8));
    }

    /// <summary>Where an item's data is: offset, counted from the end of the header; from the start of the node here.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    public long DataStart(int index) => HeaderSize + (long)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(HeaderSize + (index * ItemSize) + TreeKey.Size)..]);

    /// <summary>Bytes of an item's data: size.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    public long DataLength(int index) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(HeaderSize + (index * ItemSize) + TreeKey.Size + 4)..]);

    /// <summary>An item's data.</summary>
    /// <param name="index">From 0, less than <see cref="Count"/>.</param>
    public ReadOnlySpan<byte> Data(int index) => _bytes.Slice((int)DataStart(index), (int)DataLength(index));

    /// <summary>The last entry whose key is at most one.</summary>
    /// <returns>-1 when all keys are larger.</returns>
    public int FindLast(in TreeKey key)
    {
        int low = -1;
        int high = Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (Key(middle) <= key)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>What is wrong with the entries: keys that do not ascend, data that overlaps or leaves the node; null when nothing is.</summary>
    public string? FindProblem()
    {
        int count = Count;
        if (Level >= MaxLevels)
        {
            return $"its level is {Level}";
        }

        if (count > (_bytes.Length - HeaderSize) / EntrySize || (count == 0 && Level > 0))
        {
            return $"{count} entries do not fit its {_bytes.Length} bytes";
        }

        for (int i = 1; i < count; i++)
        {
            if (Key(i - 1) >= Key(i))
            {
                return $"key {Key(i)} of entry {i} does not come after {Key(i - 1)}";
            }
        }

        // Data lies at the end, the first item's last, without gaps.
        long end = _bytes.Length;
        for (int i = 0; Level == 0 && i < count; i++)
        {
            if (DataStart(i) + DataLength(i) != end || DataStart(i) < HeaderSize + ((long)count * ItemSize))
            {
                return $"the data of item {i}, {DataLength(i)} bytes at {DataStart(i)}, does not lie before {end}";
            }

            end = DataStart(i);
        }

        return null;
    }

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}
