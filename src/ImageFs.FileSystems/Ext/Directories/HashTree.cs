using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Directories;

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
    public bool TryFind(NameMatch match, out uint inode)
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

    private bool TryFindInLeaf(uint block, NameMatch match, out uint inode)
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
