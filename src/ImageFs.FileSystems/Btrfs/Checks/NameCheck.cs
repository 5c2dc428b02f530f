using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Checks the trees of all subvolumes, inode by inode, and where subvolumes are in each other.</summary>
/// <param name="devices">The file system.</param>
internal sealed class NameCheck(DeviceSet devices)
{
    private readonly Trees.Tree _roots = new(devices.Reader, devices.Super.RootTree);

    /// <summary>Checks them.</summary>
    public void Run(CheckRun run)
    {
        long inodes = 0;
        for (TreeKey? from = TreeKey.Min; from is { } at && FindNext(at, run) is { } found; from = found.Next)
        {
            switch (found.Type)
            {
                case ItemType.RootItem when ObjectIds.IsSubvolume(found.ObjectId):
                    run.Try(() =>
                    {
                        if (ReadRoot(found) is { References: > 0 } root)
                        {
                            var check = new InodeCheck(_roots with { Root = root.Pointer }, devices.Geometry.SectorSize, run);
                            check.Run();
                            inodes += check.Count;
                        }
                    });
                    break;
                case ItemType.RootRef:
                    run.Try(() => CheckReference(found, run));
                    break;
                case ItemType.RootBackref:
                    run.Try(() => CheckBackReference(found, run));
                    break;
                default:
                    break;
            }
        }

        run.Extent = inodes.ToString(CultureInfo.InvariantCulture);
    }

    private TreeKey? FindNext(TreeKey from, CheckRun run)
    {
        TreeKey? found = null;
        run.Try(() =>
        {
            using TreeCursor cursor = _roots.Open();
            for (bool isThere = cursor.SeekFirst(from); isThere && found is null; isThere = cursor.MoveNext())
            {
                found = cursor.Key.Type is ItemType.RootItem or ItemType.RootRef or ItemType.RootBackref ? cursor.Key : null;
            }
        });
        return found;
    }

    private (NodePointer Pointer, uint References)? ReadRoot(TreeKey key)
    {
        using TreeCursor cursor = _roots.Open();
        if (!cursor.TryFind(key))
        {
            return null;
        }

        RootItem item = RootItem.Read(_roots, cursor);
        return (item.ToPointer(key.ObjectId), item.References);
    }

    private void CheckReference(TreeKey key, CheckRun run)
    {
        using TreeCursor cursor = _roots.Open();
        cursor.TryFind(key);
        RootRef reference = RootRef.Read(_roots, cursor);
        string what = $"that of subvolume {key.Offset} in {key.ObjectId}";
        using TreeCursor other = _roots.Open();
        if (!other.TryFind(new TreeKey(key.Offset, ItemType.RootBackref, key.ObjectId)) || !other.Data.SequenceEqual(cursor.Data))
        {
            run.Find("btrfs_root_ref", (long)cursor.Address, $"{what} is not told from the other side (ROOT_BACKREF)", "btrfs_root_ref");
        }

        if (ReadRoot(LastRoot(key.ObjectId)) is { References: > 0 } parent)
        {
            Trees.Tree tree = _roots with { Root = parent.Pointer };
            using TreeCursor names = tree.Open();
            bool isThere = names.TryFind(new TreeKey(reference.Directory, ItemType.DirIndex, reference.Index));
            ReadOnlySpan<byte> bytes = isThere ? names.Data : [];
            if (!isThere || DirItem.Take(tree, names.Address, ref bytes) is var item && (!item.Name.SequenceEqual(reference.Name)
                || item.Location.Type != ItemType.RootItem || item.Location.ObjectId != key.Offset))
            {
                run.Find("btrfs_root_ref", (long)cursor.Address, $"{what}: directory {reference.Directory} has no such name at index {reference.Index}", "btrfs_root_ref");
            }
        }
    }

    private void CheckBackReference(TreeKey key, CheckRun run)
    {
        using TreeCursor cursor = _roots.Open();
        cursor.TryFind(key);
        using TreeCursor other = _roots.Open();
        if (!other.TryFind(new TreeKey(key.Offset, ItemType.RootRef, key.ObjectId)))
        {
            run.Find("btrfs_root_ref", (long)cursor.Address, $"that of subvolume {key.ObjectId} in {key.Offset} is not told from the other side (ROOT_REF)", "btrfs_root_ref");
        }
    }

    private TreeKey LastRoot(ulong id)
    {
        var key = new TreeKey(id, ItemType.RootItem, ulong.MaxValue);
        using TreeCursor cursor = _roots.Open();
        return cursor.SeekLast(key) && cursor.Key.ObjectId == id && cursor.Key.Type == ItemType.RootItem ? cursor.Key : key;
    }
}
