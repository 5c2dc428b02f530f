using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.Lvm.PersistentData;

/// <summary>
/// Reads an array of persistent data (dm-array) from its start: numbers of eight bytes, packed in blocks (struct array_block) that a B-tree
/// finds by their numbers.
/// </summary>
/// <param name="blocks">The metadata.</param>
/// <param name="root">The block of the tree's root.</param>
internal sealed class ArrayCursor(MetadataBlocks blocks, long root)
{
    private const int HeaderLength = 24;
    private const int ValueLength = sizeof(long);
    private const string Clause = "persistent-data: struct array_block";

    private readonly BTree _tree = new(blocks, root, sizeof(long));
    private readonly byte[] _block = new byte[MetadataBlocks.BlockSize];
    private long _nextBlock;
    private int _next;
    private int _count;

    /// <summary>The next number.</summary>
    /// <exception cref="ImageException">The array is damaged, or ends, there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ulong Read()
    {
        if (_next == _count)
        {
            ReadBlock();
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(_block.AsSpan(HeaderLength + (_next++ * ValueLength)));
    }

    private void ReadBlock()
    {
        Span<byte> node = stackalloc byte[MetadataBlocks.BlockSize];
        if (!_tree.TryFind(_nextBlock, node, out BTreeNode leaf, out int index, out _))
        {
            throw new InvalidImageException($"{blocks.Structure} array", MetadataBlocks.AddressOf(root), $"it ends before its block {_nextBlock}", Clause);
        }

        long number = leaf.NumberAt(index);
        blocks.Read(number, BlockKind.Array, _block);
        uint capacity = BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(4));
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(8));
        uint valueLength = BinaryPrimitives.ReadUInt32LittleEndian(_block.AsSpan(12));
        if (count == 0 || count > capacity || capacity > (MetadataBlocks.BlockSize - HeaderLength) / ValueLength || valueLength != ValueLength)
        {
            throw new InvalidImageException($"{blocks.Structure} {BlockKind.Array.Name}", MetadataBlocks.AddressOf(number), $"it has {count} of at most {capacity} values of {valueLength} bytes, which cannot be", Clause);
        }

        _nextBlock++;
        (_next, _count) = (0, (int)count);
    }
}
