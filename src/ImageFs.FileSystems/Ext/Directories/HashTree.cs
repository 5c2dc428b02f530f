using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>The root of a hash tree (ext4: Hash Tree Directories): dx_root, between the entries "." and ".." and the nodes.</summary>
internal readonly ref struct HashTreeRoot
{
    /// <summary>rec_len of ".".</summary>
    public const int SelfLength = 12;

    /// <summary>Where the entries begin.</summary>
    public const int EntriesOffset = InfoOffset + InfoLength;

    private const int InfoOffset = 24;
    private const int InfoLength = 8;

    private readonly ReadOnlySpan<byte> _info;

    /// <param name="block">The first block of the directory.</param>
    public HashTreeRoot(ReadOnlySpan<byte> block)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block.Length, EntriesOffset, nameof(block));
        _info = block.Slice(InfoOffset, InfoLength);
    }

    /// <summary>hash_version.</summary>
    public byte HashVersion => _info[4];

    /// <summary>indirect_levels: inner nodes between the root and the leaves.</summary>
    public byte IndirectLevels => _info[6];

    /// <summary>unused_flags; the lowest bit has to be 0.</summary>
    public byte UnusedFlags => _info[7];

    /// <summary>Whether reserved_zero and info_length are as they have to be.</summary>
    public static bool IsGood(ReadOnlySpan<byte> block) =>
        block.Slice(InfoOffset, sizeof(uint)).IndexOfAnyExcept((byte)0) < 0 && block[InfoOffset + 5] == InfoLength;
}

/// <summary>The entries of a node of a hash tree (ext4: Hash Tree Directories): dx_entry, sorted by hash.</summary>
internal readonly ref struct HashTreeNode : ISortedKeys
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntrySize = 8;

    /// <summary>Where the entries of an inner node begin: after an unused directory entry.</summary>
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

    /// <summary>The entry that a hash is below: the first one is below all.</summary>
    public int Find(uint hash) => Math.Max(SortedKeys.FindLast(in this, hash), 0);

    long ISortedKeys.KeyAt(int index) => Hash(index);
}

/// <summary>Finds names in a directory by their hash (ext4: Hash Tree Directories).</summary>
/// <param name="volume">The file system.</param>
/// <param name="directory">An indexed directory.</param>
/// <param name="buffer">As long as a block, for the one that is looked at.</param>
internal readonly ref struct HashTree(ExtVolume volume, Directory directory, Span<byte> buffer)
{
    private const string Clause = "ext4: Hash Tree Directories";

    // Two more than the root, three with large_dir.
    private const int MaxLevels = 3;

    private readonly Span<byte> _buffer = buffer;

    /// <summary>Finds a name.</summary>
    /// <param name="match">The name.</param>
    /// <param name="inode">The inode that it names.</param>
    /// <returns>False when the directory has no such name.</returns>
    /// <exception cref="ImageException">The tree, or the leaf that the name belongs in, is damaged.</exception>
    public bool TryFind(SoughtName match, out uint inode)
    {
        var root = new HashTreeRoot(directory.Read(0, _buffer, out long address));
        int maxLevels = volume.Geometry.Incompatible.HasFlag(IncompatibleFeatures.LargeDir) ? MaxLevels - 1 : MaxLevels - 2;
        if (!DirectoryHash.IsKnown(root.HashVersion) || (root.UnusedFlags & 1) != 0 || root.IndirectLevels > maxLevels)
        {
            throw new InvalidImageException(
                "hash tree",
                address,
                $"its hash is {root.HashVersion}, its flags {root.UnusedFlags}, its levels {root.IndirectLevels}",
                Clause);
        }

        uint hash = volume.Hash.Compute(root.HashVersion, match.HashedName, out _);
        Span<Step> path = stackalloc Step[MaxLevels];
        path = path[..(root.IndirectLevels + 1)];
        uint block = 0;
        foreach (ref Step step in path)
        {
            HashTreeNode node = ReadNode(block);
            step = new Step(block, node.Find(hash));
            block = node.Block(step.Index);
        }

        // No block comes twice in a sound tree.
        for (long leaves = directory.BlockCount; leaves > 0; leaves--)
        {
            if (TryFindInLeaf(block, match, out inode))
            {
                return true;
            }

            if (!TryGoOn(path, hash, out block))
            {
                return false;
            }
        }

        throw new InvalidImageException("hash tree", address, "its leaves lead back to themselves", Clause);
    }

    /// <summary>Goes to the next leaf, if names of the hash go on there.</summary>
    private bool TryGoOn(Span<Step> path, uint hash, out uint block)
    {
        block = 0;
        int level = path.Length - 1;
        HashTreeNode node = ReadNode(path[level].Block);
        while (path[level].Index + 1 == node.Count)
        {
            if (level == 0)
            {
                return false;
            }

            node = ReadNode(path[--level].Block);
        }

        path[level] = path[level] with { Index = path[level].Index + 1 };
        if (node.Hash(path[level].Index) != (hash | 1))
        {
            return false;
        }

        block = node.Block(path[level].Index);
        while (++level < path.Length)
        {
            path[level] = new Step(block, 0);
            block = ReadNode(block).Block(0);
        }

        return true;
    }

    private HashTreeNode ReadNode(uint block)
    {
        ReadOnlySpan<byte> bytes = Read(block, out long address);
        int entries = HashTreeNode.FindEntries(bytes);
        var node = new HashTreeNode(bytes, entries);
        return entries == (block == 0 ? HashTreeRoot.EntriesOffset : HashTreeNode.InnerOffset) && node.IsGood
            ? node
            : throw new InvalidImageException("hash tree node", address, $"it has {node.Count} of {node.Limit} entries", Clause);
    }

    private bool TryFindInLeaf(uint block, SoughtName match, out uint inode)
    {
        var entries = new DirEntryWalker(Read(block, out long address), volume.Geometry);
        while (entries.MoveNext())
        {
            if (match.Matches(entries.Current.Name))
            {
                inode = entries.Current.Inode;
                return true;
            }
        }

        inode = 0;
        return entries.Problem is null
            ? false
            : throw new InvalidImageException("directory entry", address + entries.NextOffset, entries.Problem, Directory.Clause);
    }

    private ReadOnlySpan<byte> Read(uint block, out long address)
    {
        if (block >= directory.BlockCount)
        {
            throw new InvalidImageException(
                $"hash tree of inode {directory.Number}", 0, $"it leads to block {block} of {directory.BlockCount}", Clause);
        }

        return directory.Read((long)block * volume.Geometry.BlockSize, _buffer, out address);
    }

    /// <summary>A node on the way to a leaf.</summary>
    /// <param name="Block">Its block in the directory.</param>
    /// <param name="Index">The entry that the way takes.</param>
    private readonly record struct Step(uint Block, int Index);
}
