using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>What a name of a directory is of.</summary>
/// <param name="Location">The key of the inode, or of the root of a subvolume.</param>
/// <param name="Type">type of the item.</param>
internal readonly record struct NamedItem(TreeKey Location, byte Type);

/// <summary>
/// Names of a subvolume's directories, put and taken away at all four places that know of one: DIR_ITEM, DIR_INDEX, the reference of the
/// inode, and the directory's size. Times stay as they are: who logged a directory logged its times.
/// </summary>
/// <param name="tree">The subvolume.</param>
/// <param name="inodes">Its inodes.</param>
/// <param name="generation">The transaction that new names are of.</param>
internal sealed class NameEdits(TreeEdits tree, InodeEdits inodes, ulong generation)
{
    /// <summary>What a directory has by a name; null when it has none.</summary>
    public NamedItem? Find(ulong directory, ReadOnlySpan<byte> name) => FindIn(new TreeKey(directory, ItemType.DirItem, DirItem.Hash(name)), name);

    /// <summary>What a directory has by a name at an index; null when it has none.</summary>
    public NamedItem? Find(ulong directory, ulong index, ReadOnlySpan<byte> name) => FindIn(new TreeKey(directory, ItemType.DirIndex, index), name);

    /// <summary>Whether an inode has a name (INODE_REF, INODE_EXTREF), as an item of a key tells it.</summary>
    /// <param name="where">The tree, or the log of it.</param>
    /// <param name="key">The item's key.</param>
    /// <param name="parent">The directory.</param>
    /// <param name="name">The name.</param>
    public static bool HasReference(TreeEdits where, in TreeKey key, ulong parent, ReadOnlySpan<byte> name) =>
        where.Find(key) is { } item && Cut(where.Tree, key, item, parent, name, out _) is not null;

    /// <summary>The key of the items that names of an inode are in.</summary>
    public static TreeKey ReferenceKey(ulong inode, ulong parent, ReadOnlySpan<byte> name, bool isExtended) => isExtended
        ? new TreeKey(inode, ItemType.InodeExtref, InodeRef.Hash(parent, name))
        : new TreeKey(inode, ItemType.InodeRef, parent);

    /// <summary>Adds a name (btrfs_add_link).</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="name">The name.</param>
    /// <param name="index">Its index.</param>
    /// <param name="isReferenceToo">Whether the inode's reference is added; else the log has it.</param>
    /// <returns>False when the directory has the name or the index already: nothing is changed then.</returns>
    public bool TryAdd(ulong directory, ulong inode, ReadOnlySpan<byte> name, ulong index, bool isReferenceToo)
    {
        var indexKey = new TreeKey(directory, ItemType.DirIndex, index);
        if (Find(directory, name) is not null || tree.Find(indexKey) is not null)
        {
            return false;
        }

        byte[] entry = DirEntry(new TreeKey(inode, ItemType.InodeItem, 0), inodes.TypeOf(inode), name);
        Append(new TreeKey(directory, ItemType.DirItem, DirItem.Hash(name)), entry);
        tree.Put(indexKey, entry);
        if (isReferenceToo)
        {
            AddReference(directory, inode, name, index);
        }

        inodes.ChangeSize(directory, 2 * name.Length);
        return true;
    }

    /// <summary>Takes a name away (btrfs_unlink_inode). The inode's link count is the caller's.</summary>
    /// <exception cref="InvalidImageException">One of the places does not know of it.</exception>
    public void Remove(ulong directory, ulong inode, ReadOnlySpan<byte> name)
    {
        var hashKey = new TreeKey(directory, ItemType.DirItem, DirItem.Hash(name));
        if (tree.Find(hashKey) is not { } entries || CutEntry(entries, name) is not { } otherEntries)
        {
            throw LogReplay.Contradiction(tree.Tree, $"it takes a name away that directory {directory} has none of, for inode {inode}");
        }

        ulong index = RemoveReference(directory, inode, name);
        PutRest(hashKey, otherEntries);
        tree.Remove(new TreeKey(directory, ItemType.DirIndex, index));
        inodes.ChangeSize(directory, -2 * name.Length);
    }

    private NamedItem? FindIn(in TreeKey key, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> items = tree.Find(key);
        while (items.Length > 0)
        {
            DirItem item = DirItem.Take(tree.Tree, tree.Tree.Root.Address, ref items);
            if (item.Name.SequenceEqual(name))
            {
                return new NamedItem(item.Location, item.RawType);
            }
        }

        return null;
    }

    private byte[] DirEntry(in TreeKey location, byte type, ReadOnlySpan<byte> name)
    {
        byte[] bytes = new byte[DirItem.HeaderSize + name.Length];
        location.Write(bytes);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(17), generation);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(27), (ushort)name.Length);
        bytes[29] = type;
        name.CopyTo(bytes.AsSpan(DirItem.HeaderSize));
        return bytes;
    }

    private void Append(in TreeKey key, byte[] entry) => tree.Put(key, tree.Find(key) is { } others ? [.. others, .. entry] : entry);

    private void AddReference(ulong directory, ulong inode, ReadOnlySpan<byte> name, ulong index)
    {
        TreeKey key = ReferenceKey(inode, directory, name, isExtended: false);
        byte[] reference = InodeRef.Encode(isExtended: false, directory, index, name);
        byte[] before = tree.Find(key) ?? [];

        // What does not fit one item has items of its own (btrfs_insert_inode_ref).
        if (before.Length + reference.Length <= tree.Tree.Reader.Geometry.NodeSize - TreeNode.HeaderSize - TreeNode.ItemSize)
        {
            tree.Put(key, [.. before, .. reference]);
        }
        else
        {
            Append(ReferenceKey(inode, directory, name, isExtended: true), InodeRef.Encode(isExtended: true, directory, index, name));
        }
    }

    private ulong RemoveReference(ulong directory, ulong inode, ReadOnlySpan<byte> name)
    {
        foreach (bool isExtended in (ReadOnlySpan<bool>)[false, true])
        {
            TreeKey key = ReferenceKey(inode, directory, name, isExtended);
            if (tree.Find(key) is { } item && Cut(tree.Tree, key, item, directory, name, out ulong index) is { } rest)
            {
                PutRest(key, rest);
                return index;
            }
        }

        throw LogReplay.Contradiction(tree.Tree, $"it takes a name of directory {directory} away, which inode {inode} does not have");
    }

    private void PutRest(in TreeKey key, byte[] rest)
    {
        if (rest.Length == 0)
        {
            tree.Remove(key);
        }
        else
        {
            tree.Put(key, rest);
        }
    }

    private byte[]? CutEntry(ReadOnlySpan<byte> items, ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = items;
        while (rest.Length > 0)
        {
            int start = items.Length - rest.Length;
            if (DirItem.Take(tree.Tree, tree.Tree.Root.Address, ref rest).Name.SequenceEqual(name))
            {
                return [.. items[..start], .. rest];
            }
        }

        return null;
    }

    // The item without a name; null when the name is not in it.
    private static byte[]? Cut(Trees.Tree tree, in TreeKey key, ReadOnlySpan<byte> item, ulong parent, ReadOnlySpan<byte> name, out ulong index)
    {
        ReadOnlySpan<byte> rest = item;
        while (rest.Length > 0)
        {
            int start = item.Length - rest.Length;
            InodeRef reference = InodeRef.Take(tree, tree.Root.Address, key, ref rest);
            if (reference.Parent == parent && reference.Name.SequenceEqual(name))
            {
                index = reference.Index;
                return [.. item[..start], .. rest];
            }
        }

        index = 0;
        return null;
    }
}
