using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Directories;

/// <summary>
/// The directories of a Btrfs file system, those of all subvolumes: listed in the order in which names were made, searched by the hashes of
/// names (DIR_ITEM). Subvolumes are at their places; in a snapshot, an empty directory stands for one that was nested.
/// </summary>
/// <param name="volume">The file system.</param>
internal sealed class BtrfsDirectories(BtrfsVolume volume) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    private const int OwnWeight = 200;

    private const int KnownDirectories = 256;

    private readonly SlotCache<NodeId, bool> _prefetched = new(KnownDirectories);
    private readonly SlotCache<NodeId, bool> _prefetchedInodes = new(KnownDirectories);

    /// <summary>Has the kernel begin to read the names of a directory.</summary>
    /// <param name="directory">The directory.</param>
    public void PrefetchNames(NodeId directory)
    {
        if (BtrfsVolume.IsStub(directory) || _prefetched.TryFind(directory, out _))
        {
            return;
        }

        _prefetched.Add(directory, true);
        try
        {
            Trees.Tree tree = volume.SubvolumeOf(directory).Tree;
            tree.Reader.Prefetch(
                tree.Root, new TreeKey(directory.Value, ItemType.DirIndex, 0), new TreeKey(directory.Value, ItemType.DirIndex, ulong.MaxValue));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who opens it gets the error.
        }
    }

    /// <summary>
    /// Has the kernel begin to read the inodes of a directory's entries: they are numbered as the names were made, so the first and the last
    /// name tell which leaves they are in.
    /// </summary>
    /// <param name="directory">The directory.</param>
    public void PrefetchAttributes(NodeId directory)
    {
        // Who goes on in a listing has asked before.
        if (_prefetchedInodes.TryFind(directory, out _))
        {
            return;
        }

        _prefetchedInodes.Add(directory, true);
        try
        {
            Directory opened = Open(directory);
            ulong first = FindChild(opened, isLast: false);
            ulong last = FindChild(opened, isLast: true);
            if (first > 0 && last > 0)
            {
                opened.Subvolume.Tree.Reader.Prefetch(
                    opened.Subvolume.Tree.Root, new TreeKey(Math.Min(first, last), ItemType.InodeItem, 0), new TreeKey(Math.Max(first, last), ItemType.InodeItem, 0));
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who lists it gets the error.
        }
    }

    private static ulong FindChild(Directory directory, bool isLast)
    {
        if (directory.Inode == 0)
        {
            return 0;
        }

        using TreeCursor cursor = directory.Subvolume.Tree.Open();
        bool isThere = isLast
            ? cursor.SeekLast(new TreeKey(directory.Inode, ItemType.DirIndex, ulong.MaxValue))
            : cursor.SeekFirst(new TreeKey(directory.Inode, ItemType.DirIndex, 0));
        if (!isThere || cursor.Key.ObjectId != directory.Inode || cursor.Key.Type != ItemType.DirIndex)
        {
            return 0;
        }

        ReadOnlySpan<byte> bytes = cursor.Data;
        TreeKey location = DirItem.Take(directory.Subvolume.Tree, cursor.Address, ref bytes).Location;
        return location.Type == ItemType.InodeItem ? location.ObjectId : 0;
    }

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory)
    {
        Subvolume subvolume = volume.SubvolumeOf(directory);
        if (BtrfsVolume.IsStub(directory))
        {
            return new Directory(directory, subvolume, 0);
        }

        Span<byte> bytes = stackalloc byte[InodeItem.Size];
        BtrfsVolume.ReadInode(subvolume, directory.Value, bytes);
        return new InodeItem(bytes).Type == NodeType.Directory
            ? new Directory(directory, subvolume, directory.Value)
            : throw new LinuxException("readdir", Errno.ENOTDIR, $"inode {directory.Value}");
    }

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(volume, directory, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight;

    /// <inheritdoc/>
    protected override ulong FindInode(NodeId node) => BtrfsVolume.InodeNumberOf(node);

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, Directory directory)
    {
        if (directory.Inode == 0)
        {
            return BtrfsVolume.ParentOfStub(node);
        }

        if (directory.Inode == directory.Subvolume.RootDirectory)
        {
            return directory.Subvolume.Id != volume.Shown.Id && volume.Subvolumes.FindPlace(directory.Subvolume.Id) is { } place
                ? volume.NodeOf(place.Parent, place.Directory)
                : node;
        }

        using TreeCursor cursor = directory.Subvolume.Tree.Open();
        return cursor.SeekFirst(new TreeKey(directory.Inode, ItemType.InodeRef, 0)) && cursor.Key is { Type: ItemType.InodeRef } key && key.ObjectId == directory.Inode
            ? volume.NodeOf(directory.Subvolume.Id, key.Offset)
            : throw directory.Subvolume.Tree.Damaged("btrfs_inode_ref", directory.Subvolume.Tree.Root.Address, $"there is none of the directory of inode {directory.Inode}");
    }

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => true;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        using TreeCursor cursor = directory.Subvolume.Tree.Open();
        if (directory.Inode == 0 || !cursor.TryFind(new TreeKey(directory.Inode, ItemType.DirItem, DirItem.Hash(name))))
        {
            return false;
        }

        ReadOnlySpan<byte> items = cursor.Data;
        while (items.Length > 0)
        {
            DirItem item = DirItem.Take(directory.Subvolume.Tree, cursor.Address, ref items);
            if (item.Name.SequenceEqual(name))
            {
                node = volume.FindNode(directory, item, cursor.Address);
                return true;
            }
        }

        return false;
    }
}
