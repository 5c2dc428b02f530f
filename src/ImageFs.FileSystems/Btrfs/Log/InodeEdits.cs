using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>Inodes of a subvolume, changed field by field (btrfs_inode_item).</summary>
/// <param name="tree">The subvolume.</param>
internal sealed class InodeEdits(TreeEdits tree)
{
    private const int SizeOffset = 16;
    private const int BytesOffset = 24;
    private const int LinkCountOffset = 40;
    private const int TypeShift = 12;

    // Of those whose items the log has, or whose names it took away: links are counted anew at the end.
    private readonly SortedSet<ulong> _toCount = [];

    /// <summary>Whether there is an inode.</summary>
    public bool Exists(ulong inode) => tree.Find(KeyOf(inode)) is not null;

    /// <summary>The type of an inode, as names have it (BTRFS_FT_*).</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public byte TypeOf(ulong inode) => FileTypes.NumberOf((NodeType)((new InodeItem(Read(inode)).Mode >> TypeShift) & 0xF));

    /// <summary>Whether an inode is a directory.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public bool IsDirectory(ulong inode) => new InodeItem(Read(inode)).Type == NodeType.Directory;

    /// <summary>The size of an inode in bytes.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public ulong SizeOf(ulong inode) => new InodeItem(Read(inode)).Length;

    /// <summary>Has the links of an inode counted at the end (link_to_fixup_dir).</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public void CountLater(ulong inode)
    {
        Read(inode);
        _toCount.Add(inode);
    }

    /// <summary>The inode with the highest number whose links are to be counted; it is taken out.</summary>
    public bool TryTakeCounted(out ulong inode)
    {
        inode = _toCount.Max;
        return _toCount.Remove(inode);
    }

    /// <summary>A name of an inode is gone: one link less, until they are counted.</summary>
    public void DropLink(ulong inode)
    {
        if (!_toCount.Contains(inode))
        {
            SetLinkCount(inode, Math.Max(new InodeItem(Read(inode)).LinkCount, 2) - 1);
        }
    }

    /// <summary>Sets the link count.</summary>
    public void SetLinkCount(ulong inode, uint count)
    {
        byte[] item = [.. Read(inode)];
        BinaryPrimitives.WriteUInt32LittleEndian(item.AsSpan(LinkCountOffset), count);
        tree.Put(KeyOf(inode), item);
    }

    /// <summary>Changes the size of a directory.</summary>
    public void ChangeSize(ulong inode, long by) => Change(inode, SizeOffset, by);

    /// <summary>Changes nbytes: what extents take.</summary>
    public void ChangeBytes(ulong inode, long by) => Change(inode, BytesOffset, by);

    /// <summary>Puts the item of a log in the place of an inode's (overwrite_item).</summary>
    /// <param name="inode">The inode's number.</param>
    /// <param name="logged">The item of the log.</param>
    /// <param name="generation">The transaction of the log.</param>
    public void Overwrite(ulong inode, byte[] logged, ulong generation)
    {
        byte[] item = [.. logged];
        byte[]? before = tree.Find(KeyOf(inode)) is null ? null : Read(inode);
        var old = new InodeItem(before ?? item);
        var log = new InodeItem(logged);

        // Extents are counted as they are replayed, and a directory's names.
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(BytesOffset), before is null ? 0 : old.Bytes);
        if (log.Type == NodeType.Directory)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(SizeOffset), before is null || old.Type != NodeType.Directory ? 0 : old.Length);
        }

        if (before is not null && log.Generation == 0)
        {
            // Logged only so that it exists: of a file that had been fsynced the size counts, and nothing else.
            if (log.Type == NodeType.Regular && old.Type == NodeType.Regular && log.Length != 0)
            {
                item = [.. before];
                BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(SizeOffset), log.Length);
                tree.Put(KeyOf(inode), item);
            }

            return;
        }

        if (log.Generation == 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(item, generation);
        }

        tree.Put(KeyOf(inode), item);
    }

    private static TreeKey KeyOf(ulong inode) => new(inode, ItemType.InodeItem, 0);

    private byte[] Read(ulong inode) => tree.Find(KeyOf(inode)) is { Length: >= InodeItem.Size } item
        ? item
        : throw LogReplay.Contradiction(tree.Tree, $"there is no whole inode {inode}");

    private void Change(ulong inode, int offset, long by)
    {
        byte[] item = [.. Read(inode)];
        ulong before = BinaryPrimitives.ReadUInt64LittleEndian(item.AsSpan(offset));
        ulong after = by < 0 ? before - Math.Min((ulong)-by, before) : before + (ulong)by;
        BinaryPrimitives.WriteUInt64LittleEndian(item.AsSpan(offset), after);
        tree.Put(KeyOf(inode), item);
    }
}
