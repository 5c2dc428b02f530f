using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>Replays the log of a subvolume, in the order that Linux does: inodes, then names of directories, then all else.</summary>
internal sealed class SubvolumeReplay
{
    private readonly TreeEdits _tree;
    private readonly TreeEdits _log;
    private readonly ulong _generation;
    private readonly InodeEdits _inodes;
    private readonly DirectoryReplay _directories;
    private readonly ExtentReplay _extents;

    /// <param name="tree">The subvolume.</param>
    /// <param name="log">Its log.</param>
    /// <param name="checksums">The checksums of data; null where there is no tree of them.</param>
    /// <param name="hasHoles">Whether holes are items, too.</param>
    /// <param name="generation">The transaction of the log.</param>
    public SubvolumeReplay(TreeEdits tree, TreeEdits log, ChecksumReplay? checksums, bool hasHoles, ulong generation)
    {
        _tree = tree;
        _log = log;
        _generation = generation;
        _inodes = new InodeEdits(tree);
        _directories = new DirectoryReplay(tree, log, _inodes, new NameEdits(tree, _inodes, generation));
        _extents = new ExtentReplay(tree, log, _inodes, checksums, hasHoles);
    }

    /// <summary>Replays it.</summary>
    /// <exception cref="ImageException">The log, or what it is of, is damaged.</exception>
    public void Run()
    {
        ForEachItem(ReplayInode);
        ForEachItem((key, item) =>
        {
            if (key.Type == ItemType.DirIndex)
            {
                _directories.ReplayEntry(key, item);
            }
        });
        ForEachItem(ReplayRest);
        CountLinks();
    }

    // What an inode without names has is not replayed: it would be gone at the end (O_TMPFILE).
    private void ForEachItem(Action<TreeKey, byte[]> replay)
    {
        bool isIgnored = false;
        using TreeCursor cursor = _log.Tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            TreeKey key = cursor.Key;
            if (key.Type == ItemType.InodeItem)
            {
                isIgnored = ReadInode(key, cursor.Data).LinkCount == 0;
            }

            if (!isIgnored)
            {
                replay(key, cursor.Data.ToArray());
            }
        }
    }

    private void ReplayInode(TreeKey key, byte[] item)
    {
        if (key.Type != ItemType.InodeItem)
        {
            return;
        }

        NodeType type = ReadInode(key, item).Type;
        RemoveMissingAttributes(key.ObjectId);
        if (type == NodeType.Directory)
        {
            _directories.RemoveMissing(key.ObjectId);
        }

        _inodes.Overwrite(key.ObjectId, item, _generation);
        if (type == NodeType.Regular)
        {
            _extents.Truncate(key.ObjectId);
        }

        _inodes.CountLater(key.ObjectId);
    }

    private void ReplayRest(TreeKey key, byte[] item)
    {
        switch (key.Type)
        {
            case ItemType.XattrItem:
                _tree.Put(key, item);
                break;
            case ItemType.InodeRef or ItemType.InodeExtref:
                _directories.ReplayReferences(key, item);
                break;
            case ItemType.ExtentData:
                _extents.Replay(key, item);
                break;
            default:
                // Names by hash, of older kernels, stand in the names by index, too.
                break;
        }
    }

    private void RemoveMissingAttributes(ulong inode)
    {
        TreeKey? from = new TreeKey(inode, ItemType.XattrItem, 0);
        while (from is { } at && _tree.TryFirst(at, out TreeKey key, out byte[] item) && key.ObjectId == inode && key.Type == ItemType.XattrItem)
        {
            from = key.Next;
            ReadOnlySpan<byte> rest = item;
            var kept = new List<byte>();
            while (rest.Length > 0)
            {
                int start = item.Length - rest.Length;
                if (HasAttribute(key, DirItem.Take(_tree.Tree, _tree.Tree.Root.Address, ref rest).Name))
                {
                    kept.AddRange(item.AsSpan(start, item.Length - rest.Length - start));
                }
            }

            if (kept.Count == 0)
            {
                _tree.Remove(key);
            }
            else if (kept.Count < item.Length)
            {
                _tree.Put(key, [.. kept]);
            }
        }
    }

    private bool HasAttribute(in TreeKey key, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> items = _log.Find(key);
        while (items.Length > 0)
        {
            if (DirItem.Take(_log.Tree, _log.Tree.Root.Address, ref items).Name.SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    // A directory that no name is of any more takes those in it along, and they may be directories.
    private void CountLinks()
    {
        while (_inodes.TryTakeCounted(out ulong inode))
        {
            uint links = CountLinks(inode, ItemType.InodeRef) + CountLinks(inode, ItemType.InodeExtref);
            _inodes.SetLinkCount(inode, links);
            if (links == 0)
            {
                if (_inodes.IsDirectory(inode))
                {
                    _directories.RemoveAll(inode);
                }

                _tree.Put(new TreeKey(ObjectIds.Orphan, ItemType.OrphanItem, inode), []);
            }
        }
    }

    private uint CountLinks(ulong inode, ItemType type)
    {
        uint links = 0;
        TreeKey? from = new TreeKey(inode, type, 0);
        while (from is { } at && _tree.TryFirst(at, out TreeKey key, out byte[] item) && key.ObjectId == inode && key.Type == type)
        {
            from = key.Next;
            ReadOnlySpan<byte> names = item;
            for (; names.Length > 0; links++)
            {
                InodeRef.Take(_tree.Tree, _tree.Tree.Root.Address, key, ref names);
            }
        }

        return links;
    }

    private InodeItem ReadInode(in TreeKey key, ReadOnlySpan<byte> item) => item.Length >= InodeItem.Size
        ? new InodeItem(item)
        : throw LogReplay.Contradiction(_log.Tree, $"inode {key.ObjectId} has {item.Length} bytes");
}
