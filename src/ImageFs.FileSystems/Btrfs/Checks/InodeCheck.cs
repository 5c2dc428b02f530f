using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>
/// Checks the inodes of a subvolume: names by hash against names by index against what the inodes have of them, link counts, sizes of
/// directories, bytes that extents take.
/// </summary>
/// <param name="tree">The subvolume.</param>
/// <param name="sectorSize">The unit of data, in bytes.</param>
/// <param name="run">Is told of what is wrong.</param>
internal sealed class InodeCheck(Trees.Tree tree, int sectorSize, CheckRun run)
{
    private ulong _inode;
    private ulong _address;
    private bool _hasItem;
    private NodeType _type;
    private uint _links;
    private ulong _size;
    private ulong _bytes;
    private long _names;
    private long _byHash;
    private long _byIndex;
    private ulong _nameBytes;
    private ulong _extentBytes;
    private ulong _extentEnd;

    /// <summary>Inodes that there are.</summary>
    public long Count { get; private set; }

    private string Title => $"inode {_inode} of subvolume {tree.Root.Tree}";

    /// <summary>Checks them.</summary>
    /// <exception cref="ImageException">A node is damaged: what follows cannot be checked.</exception>
    public void Run()
    {
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.FirstFree, 0, 0)); isThere && cursor.Key.ObjectId <= ObjectIds.LastFree; isThere = cursor.MoveNext())
        {
            if (cursor.Key.ObjectId != _inode)
            {
                End();
                Begin(cursor);
            }

            try
            {
                Take(cursor);
            }
            catch (InvalidImageException e)
            {
                run.Find(Finding.Of(e));
            }
        }

        End();
    }

    private void Begin(in TreeCursor cursor)
    {
        _inode = cursor.Key.ObjectId;
        _address = cursor.Address;
        _hasItem = false;
        (_names, _byHash, _byIndex, _nameBytes, _extentBytes, _extentEnd) = (0, 0, 0, 0, 0, 0);
    }

    private void Take(in TreeCursor cursor)
    {
        TreeKey key = cursor.Key;
        switch (key.Type)
        {
            case ItemType.InodeItem when cursor.Data.Length >= InodeItem.Size:
                var item = new InodeItem(cursor.Data);
                (_hasItem, _type, _links, _size, _bytes) = (true, item.Type, item.LinkCount, item.Length, item.Bytes);
                Count++;
                break;
            case ItemType.InodeRef or ItemType.InodeExtref:
                TakeReferences(cursor);
                break;
            case ItemType.DirItem:
                TakeNames(cursor);
                break;
            case ItemType.DirIndex:
                TakeIndex(cursor);
                break;
            case ItemType.ExtentData:
                TakeExtent(cursor);
                break;
            default:
                break;
        }
    }

    private void TakeReferences(in TreeCursor cursor)
    {
        ReadOnlySpan<byte> rest = cursor.Data;
        while (rest.Length > 0)
        {
            InodeRef reference = InodeRef.Take(tree, cursor.Address, cursor.Key, ref rest);
            _names++;

            // The root directory names itself.
            if (reference.Parent != _inode && !HasEntry(new TreeKey(reference.Parent, ItemType.DirIndex, reference.Index), reference.Name, _inode))
            {
                Find("btrfs_inode_ref", cursor.Address, $"directory {reference.Parent} does not have its name '{ByteText.FromBytes(reference.Name)}' at index {reference.Index}");
            }
        }
    }

    private void TakeNames(in TreeCursor cursor)
    {
        ReadOnlySpan<byte> rest = cursor.Data;
        while (rest.Length > 0)
        {
            DirItem entry = DirItem.Take(tree, cursor.Address, ref rest);
            _byHash++;
            _nameBytes += (ulong)entry.Name.Length;
            if (entry.Location.Type == ItemType.InodeItem
                && !(FindReference(entry.Location.ObjectId, entry.Name) is { } index && HasEntry(new TreeKey(_inode, ItemType.DirIndex, index), entry.Name, entry.Location.ObjectId)))
            {
                Find("btrfs_dir_item", cursor.Address, $"inode {entry.Location.ObjectId} does not have its name '{ByteText.FromBytes(entry.Name)}', or it has no index");
            }
        }
    }

    private void TakeIndex(in TreeCursor cursor)
    {
        ReadOnlySpan<byte> rest = cursor.Data;
        DirItem entry = DirItem.Take(tree, cursor.Address, ref rest);
        _byIndex++;
        _nameBytes += (ulong)entry.Name.Length;
        if (!HasEntry(new TreeKey(_inode, ItemType.DirItem, DirItem.Hash(entry.Name)), entry.Name, entry.Location.ObjectId))
        {
            Find("btrfs_dir_item", cursor.Address, $"its name '{ByteText.FromBytes(entry.Name)}' at index {cursor.Key.Offset} is not found by its hash");
        }

        if (entry.Location.Type == ItemType.InodeItem && FindReference(entry.Location.ObjectId, entry.Name) != cursor.Key.Offset)
        {
            Find("btrfs_dir_item", cursor.Address, $"inode {entry.Location.ObjectId} does not have its name '{ByteText.FromBytes(entry.Name)}' at index {cursor.Key.Offset}");
        }
    }

    private void TakeExtent(in TreeCursor cursor)
    {
        FileExtentItem item = FileExtentItem.Read(tree, cursor, sectorSize);
        bool isInline = item.Type == FileExtentType.Inline;
        ulong length = isInline ? item.RamBytes : item.Bytes;
        if (cursor.Key.Offset < _extentEnd)
        {
            Find("btrfs_file_extent_item", cursor.Address, $"its extent at byte {cursor.Key.Offset} begins before the last one ends");
        }

        _extentEnd = cursor.Key.Offset + length;
        _extentBytes = unchecked(_extentBytes + (isInline || item.DiskAddress != 0 ? length : 0));
    }

    private bool HasEntry(in TreeKey key, ReadOnlySpan<byte> name, ulong location)
    {
        using TreeCursor cursor = tree.Open();
        ReadOnlySpan<byte> rest = cursor.TryFind(key) ? cursor.Data : [];
        while (rest.Length > 0)
        {
            DirItem entry = DirItem.Take(tree, cursor.Address, ref rest);
            if (entry.Name.SequenceEqual(name))
            {
                return entry.Location.ObjectId == location;
            }
        }

        return false;
    }

    // The index of a name, as an inode has it; null when it does not have the name.
    private ulong? FindReference(ulong inode, ReadOnlySpan<byte> name)
    {
        using TreeCursor cursor = tree.Open();
        foreach (TreeKey key in (ReadOnlySpan<TreeKey>)[new(inode, ItemType.InodeRef, _inode), new(inode, ItemType.InodeExtref, InodeRef.Hash(_inode, name))])
        {
            ReadOnlySpan<byte> rest = cursor.TryFind(key) ? cursor.Data : [];
            while (rest.Length > 0)
            {
                InodeRef reference = InodeRef.Take(tree, cursor.Address, key, ref rest);
                if (reference.Parent == _inode && reference.Name.SequenceEqual(name))
                {
                    return reference.Index;
                }
            }
        }

        return null;
    }

    private void End()
    {
        if (_inode == 0)
        {
            return;
        }

        if (!_hasItem)
        {
            Find("btrfs_inode_item", _address, "there is none, and other items of it");
            return;
        }

        if (_links != _names)
        {
            Find("btrfs_inode_item", _address, $"its link count is {_links}, and it has {_names} names");
        }

        if (_links == 0 && !IsOrphan())
        {
            Find("btrfs_inode_item", _address, "its link count is 0, and it is not among those that are to be deleted (ORPHAN_ITEM)");
        }

        if (_type == NodeType.Directory && _size != _nameBytes)
        {
            Find("btrfs_inode_item", _address, $"its size is {_size}, and its names have {_nameBytes} bytes");
        }

        if (_byHash != _byIndex)
        {
            Find("btrfs_dir_item", _address, $"it has {_byHash} names by their hashes, and {_byIndex} by index");
        }

        if (_type != NodeType.Directory && _bytes != _extentBytes)
        {
            Find("btrfs_inode_item", _address, $"its nbytes is {_bytes}, and its extents have {_extentBytes}");
        }
    }

    private bool IsOrphan()
    {
        using TreeCursor cursor = tree.Open();
        return cursor.TryFind(new TreeKey(ObjectIds.Orphan, ItemType.OrphanItem, _inode));
    }

    private void Find(string structure, ulong address, string problem) => run.Find($"{structure} of {Title}", (long)address, problem, structure);
}
