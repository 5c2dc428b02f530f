using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Files;

/// <summary>The extended attributes of inodes: whole names, and values as they are handed out (access control lists too).</summary>
/// <param name="accessControlLists">Whether access control lists are shown.</param>
internal sealed class ExtendedAttributes(bool accessControlLists)
{
    /// <summary>The names of all that are shown.</summary>
    /// <param name="tree">The subvolume's tree.</param>
    /// <param name="inode">The inode's number.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public List<byte[]> List(Trees.Tree tree, ulong inode)
    {
        var names = new List<byte[]>();
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(inode, ItemType.XattrItem, 0));
             isThere && cursor.Key is { Type: ItemType.XattrItem } key && key.ObjectId == inode;
             isThere = cursor.MoveNext())
        {
            ReadOnlySpan<byte> items = cursor.Data;
            while (items.Length > 0)
            {
                DirItem item = DirItem.Take(tree, cursor.Address, ref items);
                if (cursor.Key.Offset != DirItem.Hash(item.Name))
                {
                    throw tree.Damaged("btrfs_dir_item", cursor.Address, $"the hash of an attribute's name is not 0x{cursor.Key.Offset:X}, under which it lies");
                }

                if (IsShown(item.Name))
                {
                    names.Add(item.Name.ToArray());
                }
            }
        }

        return names;
    }

    /// <summary>The value of an attribute; null when there is none of the name.</summary>
    /// <param name="tree">The subvolume's tree.</param>
    /// <param name="inode">The inode's number.</param>
    /// <param name="name">The whole name.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[]? Get(Trees.Tree tree, ulong inode, ReadOnlySpan<byte> name)
    {
        using TreeCursor cursor = tree.Open();
        if (!IsShown(name) || !cursor.TryFind(new TreeKey(inode, ItemType.XattrItem, DirItem.Hash(name))))
        {
            return null;
        }

        ReadOnlySpan<byte> items = cursor.Data;
        while (items.Length > 0)
        {
            DirItem item = DirItem.Take(tree, cursor.Address, ref items);
            if (item.Name.SequenceEqual(name))
            {
                return item.Value.ToArray();
            }
        }

        return null;
    }

    // Linux lists whatever is there, and gives the values of these prefixes.
    private bool IsShown(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) || name.StartsWith("security."u8) || name.StartsWith("trusted."u8) || name.StartsWith("btrfs."u8)
        || (accessControlLists && (name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8)));
}
