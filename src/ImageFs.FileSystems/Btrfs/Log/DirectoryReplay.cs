using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>Replays what a log says of names: those that are gone, those of directories that were logged, and those of inodes that were.</summary>
/// <param name="tree">The subvolume.</param>
/// <param name="log">Its log.</param>
/// <param name="inodes">Its inodes.</param>
/// <param name="names">Its names.</param>
internal sealed class DirectoryReplay(TreeEdits tree, TreeEdits log, InodeEdits inodes, NameEdits names)
{
    /// <summary>
    /// Takes away the names of a directory that the log does not have, within the ranges of indexes that it tells all of (DIR_LOG_INDEX).
    /// </summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void RemoveMissing(ulong directory)
    {
        if (!inodes.Exists(directory))
        {
            return;
        }

        var from = new TreeKey(directory, ItemType.DirLogIndex, 0);
        while (log.TryFirst(from, out TreeKey range, out byte[] item) && range.ObjectId == directory && range.Type == ItemType.DirLogIndex)
        {
            if (item.Length < sizeof(ulong))
            {
                throw LogReplay.Contradiction(log.Tree, $"the item {range} has {item.Length} bytes");
            }

            ulong last = BinaryPrimitives.ReadUInt64LittleEndian(item);
            RemoveNames(directory, range.Offset, last, isAll: false);
            if (last == ulong.MaxValue || range.Next is not { } next)
            {
                return;
            }

            from = next;
        }
    }

    /// <summary>Takes all names of a directory away: of one that has no name itself any more.</summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void RemoveAll(ulong directory) => RemoveNames(directory, 0, ulong.MaxValue, isAll: true);

    /// <summary>Replays a name of a directory that was logged (replay_one_name): only of inodes that are there.</summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void ReplayEntry(in TreeKey key, byte[] item)
    {
        ReadOnlySpan<byte> bytes = item;
        DirItem entry = DirItem.Take(log.Tree, log.Tree.Root.Address, ref bytes);
        var logged = new NamedItem(entry.Location, entry.RawType);
        ulong directory = key.ObjectId;
        ulong inode = entry.Location.ObjectId;
        if (!inodes.Exists(directory))
        {
            throw LogReplay.Contradiction(log.Tree, $"it has a name of directory {directory}, which is not there");
        }

        // A subvolume's name is only ever changed with the whole file system.
        bool exists = entry.Location.Type == ItemType.InodeItem && inodes.Exists(inode);
        if (IsSame(directory, names.Find(directory, entry.Name), logged, exists, entry.Name)
            & IsSame(directory, names.Find(directory, key.Offset, entry.Name), logged, exists, entry.Name))
        {
            return;
        }

        // A name that the inode's own log has too is added with that.
        if (!exists
            || NameEdits.HasReference(log, NameEdits.ReferenceKey(inode, directory, entry.Name, isExtended: false), directory, entry.Name)
            || NameEdits.HasReference(log, NameEdits.ReferenceKey(inode, directory, entry.Name, isExtended: true), directory, entry.Name))
        {
            return;
        }

        if (names.TryAdd(directory, inode, entry.Name, key.Offset, isReferenceToo: true) && !inodes.IsDirectory(inode))
        {
            inodes.CountLater(inode);
        }
    }

    /// <summary>Replays the names that the log has of an inode (add_inode_ref).</summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void ReplayReferences(in TreeKey key, byte[] item)
    {
        ReadOnlySpan<byte> bytes = item;
        bool isExtended = key.Type == ItemType.InodeExtref;
        bool isAny = false;
        while (bytes.Length > 0)
        {
            InodeRef reference = InodeRef.Take(log.Tree, log.Tree.Root.Address, key, ref bytes);

            // A directory that was not logged: then the link is not there either.
            if (!inodes.Exists(reference.Parent))
            {
                if (!isAny)
                {
                    return;
                }

                continue;
            }

            isAny = true;
            if (!ReplayReference(key.ObjectId, reference.Parent, reference.Index, reference.Name))
            {
                return;
            }
        }

        RemoveUnlogged(key, key);
        tree.Put(key, item);
    }

    private bool ReplayReference(ulong inode, ulong directory, ulong index, ReadOnlySpan<byte> name)
    {
        if (names.Find(directory, index, name) is { } byIndex && byIndex.Location.ObjectId == inode
            && names.Find(directory, name) is { } byName && byName.Location.ObjectId == inode)
        {
            return true;
        }

        TreeKey plain = NameEdits.ReferenceKey(inode, directory, name, isExtended: false);
        TreeKey extended = NameEdits.ReferenceKey(inode, directory, name, isExtended: true);
        if (tree.Find(plain) is not null)
        {
            // The root of a subvolume.
            if (inode == directory)
            {
                return false;
            }

            RemoveUnlogged(plain, plain);
        }

        RemoveUnlogged(extended, extended, directory);
        RemoveConflict(directory, names.Find(directory, index, name), name);
        RemoveConflict(directory, names.Find(directory, name), name);
        return names.TryAdd(directory, inode, name, index, isReferenceToo: false)
            ? true
            : throw LogReplay.Contradiction(log.Tree, $"index {index} of directory {directory}, which it gives to inode {inode}, has another name");
    }

    // Names of an inode in an item of the subvolume that are not in the same item of the log.
    private void RemoveUnlogged(TreeKey key, TreeKey logKey, ulong? ofParent = null)
    {
        ReadOnlySpan<byte> bytes = tree.Find(key);
        while (bytes.Length > 0)
        {
            InodeRef reference = InodeRef.Take(tree.Tree, tree.Tree.Root.Address, key, ref bytes);
            if ((ofParent is null || reference.Parent == ofParent) && !NameEdits.HasReference(log, logKey, reference.Parent, reference.Name))
            {
                names.Remove(reference.Parent, key.ObjectId, reference.Name);
            }
        }
    }

    private void RemoveConflict(ulong directory, NamedItem? found, ReadOnlySpan<byte> name)
    {
        if (found is { } item)
        {
            inodes.CountLater(item.Location.ObjectId);
            names.Remove(directory, item.Location.ObjectId, name);
        }
    }

    private bool IsSame(ulong directory, NamedItem? found, NamedItem logged, bool exists, ReadOnlySpan<byte> name)
    {
        if (found == logged)
        {
            return true;
        }

        if (exists)
        {
            RemoveConflict(directory, found, name);
        }

        return false;
    }

    private void RemoveNames(ulong directory, ulong first, ulong last, bool isAll)
    {
        TreeKey? from = new TreeKey(directory, ItemType.DirIndex, first);
        while (from is { } start && tree.TryFirst(start, out TreeKey key, out byte[] item)
            && key.ObjectId == directory && key.Type == ItemType.DirIndex && key.Offset <= last)
        {
            ReadOnlySpan<byte> bytes = item;
            DirItem entry = DirItem.Take(tree.Tree, tree.Tree.Root.Address, ref bytes);
            if (isAll || !IsInLog(key, entry.Name))
            {
                inodes.CountLater(entry.Location.ObjectId);
                names.Remove(directory, entry.Location.ObjectId, entry.Name);
            }

            from = key.Next;
        }
    }

    private bool IsInLog(in TreeKey key, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> bytes = log.Find(key);
        return bytes.Length > 0 && DirItem.Take(log.Tree, log.Tree.Root.Address, ref bytes).Name.SequenceEqual(name);
    }
}
