using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Subvolumes;

/// <summary>The trees of a file system, as the root tree has them: looked up one by one; the subvolumes that were used last are kept.</summary>
/// <param name="rootTree">The root tree.</param>
internal sealed class SubvolumeTable(Trees.Tree rootTree)
{
    private const int Kept = 64;

    private readonly SlotCache<ulong, Subvolume> _kept = new(Kept);

    /// <summary>A subvolume that is there.</summary>
    /// <param name="id">Its object in the root tree.</param>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Subvolume Get(ulong id) =>
        TryFind(id) ?? throw new InvalidImageException($"subvolume {id}", (long)rootTree.Root.Address, "there is none of this number", "btrfs_root_item");

    /// <summary>A subvolume; null where there is none, or it was deleted.</summary>
    /// <param name="id">Its object in the root tree.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Subvolume? TryFind(ulong id)
    {
        if (_kept.TryFind(id, out Subvolume known))
        {
            return known;
        }

        if (!ObjectIds.IsSubvolume(id) || ReadRoot(id) is not { References: > 0 } root)
        {
            return null;
        }

        var found = new Subvolume(id, root.Tree, root.RootDirectory);
        _kept.Add(id, found);
        return found;
    }

    /// <summary>A tree that is no subvolume; null where there is none.</summary>
    /// <param name="id">Its object in the root tree.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Trees.Tree? FindTree(ulong id) => ReadRoot(id)?.Tree;

    /// <summary>Bytes that the nodes of a tree take (bytes_used); 0 where there is no such tree.</summary>
    /// <param name="id">Its object in the root tree.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ulong BytesOf(ulong id) => ReadRoot(id)?.BytesUsed ?? 0;

    /// <summary>Whether a name of a subvolume's directory is that of another subvolume: in a snapshot, what was nested is not (ROOT_REF).</summary>
    /// <param name="parent">The subvolume with the directory.</param>
    /// <param name="directory">The directory's inode.</param>
    /// <param name="name">The name.</param>
    /// <param name="id">The other subvolume, as the name's location has it.</param>
    /// <returns>The other subvolume; null where it is not there.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Subvolume? FindNested(ulong parent, ulong directory, ReadOnlySpan<byte> name, ulong id)
    {
        using TreeCursor cursor = rootTree.Open();
        if (!cursor.TryFind(new TreeKey(parent, ItemType.RootRef, id)))
        {
            return null;
        }

        RootRef reference = RootRef.Read(rootTree, cursor);
        if (reference.Directory != directory || !reference.Name.SequenceEqual(name))
        {
            return null;
        }

        return TryFind(id);
    }

    /// <summary>Where a subvolume is (ROOT_BACKREF); null of the one at the top, and of one that is nowhere.</summary>
    /// <param name="id">Its object in the root tree.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public SubvolumePlace? FindPlace(ulong id)
    {
        using TreeCursor cursor = rootTree.Open();
        if (!cursor.SeekFirst(new TreeKey(id, ItemType.RootBackref, 0)) || cursor.Key is not { Type: ItemType.RootBackref } key || key.ObjectId != id)
        {
            return null;
        }

        RootRef reference = RootRef.Read(rootTree, cursor);
        return new SubvolumePlace(key.Offset, reference.Directory, reference.Name.ToArray());
    }

    /// <summary>The subvolume that is shown where nobody says which: "default" in the directory of the root tree.</summary>
    /// <param name="directory">That directory: root_dir_objectid of the super block.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ulong FindDefault(ulong directory)
    {
        ReadOnlySpan<byte> name = "default"u8;
        using TreeCursor cursor = rootTree.Open();
        if (!cursor.TryFind(new TreeKey(directory, ItemType.DirItem, DirItem.Hash(name))))
        {
            return ObjectIds.FsTree;
        }

        ReadOnlySpan<byte> items = cursor.Data;
        while (items.Length > 0)
        {
            DirItem item = DirItem.Take(rootTree, cursor.Address, ref items);
            if (item.Name.SequenceEqual(name))
            {
                return item.Location.ObjectId;
            }
        }

        return ObjectIds.FsTree;
    }

    // A tree may have several keys while it is moved by a balance: the last counts.
    private Root? ReadRoot(ulong id)
    {
        using TreeCursor cursor = rootTree.Open();
        if (!cursor.SeekLast(new TreeKey(id, ItemType.RootItem, ulong.MaxValue)) || cursor.Key is not { Type: ItemType.RootItem } key || key.ObjectId != id)
        {
            return null;
        }

        RootItem item = RootItem.Read(rootTree, cursor);
        return new Root(rootTree with { Root = item.ToPointer(id) }, item.RootDirectory, item.References, item.BytesUsed);
    }

    private sealed record Root(Trees.Tree Tree, ulong RootDirectory, uint References, ulong BytesUsed);
}
