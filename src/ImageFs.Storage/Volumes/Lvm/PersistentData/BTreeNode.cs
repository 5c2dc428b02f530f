using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>
/// A node of a B-tree (struct node_header): keys of eight bytes in order, and behind the place of the last that there may be, the values: of a
/// leaf, what the tree is for; of an inner node, the blocks of nodes whose keys begin at the key.
/// </summary>
/// <param name="block">The block.</param>
internal readonly ref struct BTreeNode(ReadOnlySpan<byte> block) : ISortedKeys
{
    private const int HeaderLength = 32;
    private const int KeyLength = sizeof(long);
    private const uint InnerFlag = 1;
    private const uint LeafFlag = 2;

    private readonly ReadOnlySpan<byte> _block = block;

    /// <summary>Whether its values are those of the tree.</summary>
    public bool IsLeaf => (Flags & LeafFlag) != 0;

    /// <summary>Entries in it.</summary>
    public int Count => (int)UInt32(16);

    /// <summary>Bytes of a value.</summary>
    public int ValueLength => (int)UInt32(24);

    private uint Flags => UInt32(4);

    private int Capacity => (int)UInt32(20);

    /// <summary>A key.</summary>
    public long KeyAt(int index) => BinaryPrimitives.ReadInt64LittleEndian(_block[(HeaderLength + (index * KeyLength))..]);

    /// <summary>A value.</summary>
    public ReadOnlySpan<byte> ValueAt(int index) => _block.Slice(HeaderLength + (Capacity * KeyLength) + (index * ValueLength), ValueLength);

    /// <summary>A value that is a number of eight bytes: the block of a node below, the root of another tree.</summary>
    public long NumberAt(int index) => BinaryPrimitives.ReadInt64LittleEndian(ValueAt(index));

    /// <summary>What is wrong with it; null when nothing is. Nothing else may be asked before.</summary>
    public string? FindProblem()
    {
        uint count = UInt32(16);
        uint capacity = UInt32(20);
        uint valueLength = UInt32(24);
        if (Flags is not (InnerFlag or LeafFlag))
        {
            return $"it is neither a leaf nor an inner node: its flags are 0x{Flags:X}";
        }

        if (count > capacity || HeaderLength + (((ulong)valueLength + KeyLength) * capacity) > (ulong)_block.Length)
        {
            return $"it has {count} entries of at most {capacity} with values of {valueLength} bytes, which cannot be";
        }

        if (!IsLeaf && (valueLength != sizeof(long) || count == 0))
        {
            return $"it is an inner node of {count} entries with values of {valueLength} bytes";
        }

        for (int i = 0; i < Count; i++)
        {
            if (KeyAt(i) < 0 || (i > 0 && KeyAt(i) <= KeyAt(i - 1)))
            {
                return $"its keys are not in order at {i}";
            }
        }

        return null;
    }

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_block[offset..]);
}
