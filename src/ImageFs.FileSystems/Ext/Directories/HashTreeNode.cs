using System.Buffers.Binary;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>The entries of a node of a hash tree (ext4: Hash Tree Directories): dx_entry, sorted by hash.</summary>
internal readonly ref struct HashTreeNode
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntrySize = 8;

    /// <summary>Where the entries of an inner node begin: behind an unused directory entry.</summary>
    public const int InnerOffset = 8;

    private const uint BlockMask = 0x0FFFFFFF;

    private readonly ReadOnlySpan<byte> _entries;

    /// <param name="block">The block.</param>
    /// <param name="offset">Where the entries begin in it.</param>
    public HashTreeNode(ReadOnlySpan<byte> block, int offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block.Length, offset + EntrySize, nameof(block));
        _entries = block[offset..];
    }

    /// <summary>limit: entries that there is room for.</summary>
    public int Limit => BinaryPrimitives.ReadUInt16LittleEndian(_entries);

    /// <summary>count: entries in use.</summary>
    public int Count => BinaryPrimitives.ReadUInt16LittleEndian(_entries[2..]);

    /// <summary>Whether the entries in use are there.</summary>
    public bool IsGood => Count > 0 && Count <= Limit && Limit * EntrySize <= _entries.Length;

    /// <summary>Where the entries of a block of an indexed directory begin; 0 when it is no node.</summary>
    public static int FindEntries(ReadOnlySpan<byte> block)
    {
        int first = new DirEntry(block).Length(block.Length);
        if (first == block.Length)
        {
            return InnerOffset;
        }

        bool isRoot = first == HashTreeRoot.SelfLength
            && new DirEntry(block[first..]).Length(block.Length) == block.Length - first && HashTreeRoot.IsGood(block);
        return isRoot ? HashTreeRoot.EntriesOffset : 0;
    }

    /// <summary>The least hash below an entry; the lowest bit says that names of the same hash are below the entry before too.</summary>
    public uint Hash(int i) => i == 0 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(_entries[(i * EntrySize)..]);

    /// <summary>The block of the directory below an entry.</summary>
    public uint Block(int i) => BinaryPrimitives.ReadUInt32LittleEndian(_entries[((i * EntrySize) + sizeof(uint))..]) & BlockMask;

    /// <summary>The entry that a hash is below.</summary>
    public int Find(uint hash)
    {
        int low = 0;
        int high = Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (Hash(middle) <= hash)
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
}
