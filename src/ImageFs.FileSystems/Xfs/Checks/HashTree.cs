using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>The tree of hashes of a directory or of extended attributes, gone through from its lowest hash to its highest (xfs_da_intnode).</summary>
/// <param name="volume">The volume.</param>
/// <param name="blocks">The fork.</param>
/// <param name="start">Where its root is in the fork, in blocks of the volume.</param>
/// <param name="end">Where the part of the fork ends that it has.</param>
/// <param name="leafMagics">What a leaf may be.</param>
internal sealed class HashTree(XfsVolume volume, ForkBlocks blocks, long start, long end, params ushort[] leafMagics)
{
    // XFS_DA_NODE_MAXDEPTH.
    private const int MaxDepth = 5;
    private const string Clause = "xfs_da_blkinfo";

    private readonly int _headerLength = volume.Geometry.HasChecksums ? 64 : 16;
    private readonly int _countAt = volume.Geometry.HasChecksums ? 56 : 12;
    private readonly List<FileExtent> _extents = blocks.ExtentsBetween(start, end);
    private readonly uint[] _before = new uint[MaxDepth + 1];
    private readonly uint[] _next = new uint[MaxDepth + 1];
    private uint _hash;
    private long _count;

    /// <summary>Takes a leaf.</summary>
    /// <param name="address">Where it begins in the volume.</param>
    /// <param name="block">Its bytes, until the call returns.</param>
    /// <returns>Its first and last hash; null when it has none.</returns>
    public delegate (uint First, uint Last)? LeafTaker(long address, ReadOnlySpan<byte> block);

    /// <summary>Goes through it.</summary>
    /// <param name="take">Called with each leaf.</param>
    /// <returns>How many blocks it has.</returns>
    /// <exception cref="InvalidImageException">It is damaged where the walk has come to.</exception>
    public long Walk(LeafTaker take)
    {
        (_hash, _count) = (0, 0);
        _before.AsSpan().Clear();
        _next.AsSpan().Clear();
        Visit(start, level: -1, last: null, take);
        foreach (int level in Enumerable.Range(0, MaxDepth + 1))
        {
            Require(_next[level] == 0, _before[level], 0, $"its right neighbour is {_next[level]}, and there is none");
        }

        return _count;
    }

    // The level of the root is not known before it is read.
    private void Visit(long place, int level, uint? last, LeafTaker take)
    {
        bool isFound = false;
        byte[] block = [];
        long address = 0;
        Require(place >= start && place < end, place, 0, "it lies outside of the tree's part of the inode");
        blocks.ForEach(_extents, place, place + (blocks.Size / volume.Geometry.BlockSize), (_, at, bytes) => (isFound, address, block) = (true, at, bytes.ToArray()));
        Require(isFound, place, 0, "it is not there");
        _count++;
        ushort magic = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(8));
        bool isNode = magic == (volume.Geometry.HasChecksums ? HashBlock.NodeMagic : HashBlock.OldNodeMagic);
        Require(isNode || leafMagics.Contains(magic), place, address, $"its signature is 0x{magic:X4}");
        CheckBlock(place, address, block);
        int own = isNode ? BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(_countAt + 2)) : 0;
        Require(level < 0 ? own <= MaxDepth && isNode == own > 0 : own == level, place, address, $"its level is {own}");
        CheckNeighbours(place, address, own, block);
        uint highest = isNode ? VisitChildren(place, address, own, block, take) : VisitLeaf(place, address, block, take);
        Require(last is null || highest == last, place, address, "its last hash is not the one that leads to it");
    }

    private uint VisitChildren(long place, long address, int level, byte[] block, LeafTaker take)
    {
        const int EntryLength = 8;
        int count = BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(_countAt));
        Require(count > 0 && count <= (block.Length - _headerLength) / EntryLength, place, address, $"it has {count} entries");
        uint hash = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = block.AsSpan(_headerLength + (i * EntryLength), EntryLength);
            uint next = BinaryPrimitives.ReadUInt32BigEndian(entry);
            Require(next >= hash, place, address, $"entry {i} has a hash that is lower than the one before it");
            hash = next;
            Visit(BinaryPrimitives.ReadUInt32BigEndian(entry[4..]), level - 1, hash, take);
        }

        return hash;
    }

    private uint VisitLeaf(long place, long address, byte[] block, LeafTaker take)
    {
        if (take(address, block) is { } hashes)
        {
            Require(hashes.First >= _hash, place, address, "its first hash is lower than the last one of the leaf before it");
            _hash = hashes.Last;
        }

        return _hash;
    }

    private void CheckBlock(long place, long address, byte[] block)
    {
        if (volume.Geometry.HasChecksums)
        {
            volume.CheckHeader(block, HeaderLayout.Hashes, address, NameOf(place), Clause);
            long owner = BinaryPrimitives.ReadInt64BigEndian(block.AsSpan(48));
            Require(owner == blocks.Number, place, address, $"it is of inode {owner}");
        }
    }

    private void CheckNeighbours(long place, long address, int level, byte[] block)
    {
        uint right = BinaryPrimitives.ReadUInt32BigEndian(block);
        uint left = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(4));
        Require(left == _before[level], place, address, $"its left neighbour is {left}, and should be {_before[level]}");
        Require(_before[level] == 0 || _next[level] == place, place, address, $"its left neighbour leads to {_next[level]}");
        (_before[level], _next[level]) = ((uint)place, right);
    }

    private string NameOf(long place) => $"block {place} of the hashes of inode {blocks.Number}";

    private void Require(bool condition, long place, long address, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException(NameOf(place), address, problem, Clause);
        }
    }
}
