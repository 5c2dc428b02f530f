using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>The extent tree, read extent by extent.</summary>
/// <param name="devices">The file system.</param>
internal sealed class ExtentTree(DeviceSet devices)
{
    private readonly Trees.Tree _tree = FindTree(devices, ObjectIds.ExtentTree)
        ?? throw new InvalidImageException("root tree", (long)devices.Super.Root, "it has no extent tree", "btrfs_root_item");

    /// <summary>A tree as the root tree on disk has it; null where there is none.</summary>
    /// <exception cref="ImageException">That is damaged.</exception>
    public static Trees.Tree? FindTree(DeviceSet devices, ulong id) =>
        new Subvolumes.SubvolumeTable(new Trees.Tree(devices.Reader, devices.Super.RootTree)).FindTree(id);

    /// <summary>Whether what a node refers to has it as its parent (FULL_BACKREF).</summary>
    /// <exception cref="ImageException">The extent tree is damaged.</exception>
    public bool IsParent(ulong address)
    {
        using TreeCursor cursor = _tree.Open();
        bool isThere = cursor.SeekFirst(new TreeKey(address, ItemType.ExtentItem, 0)) && cursor.Key.ObjectId == address
            && cursor.Key.Type is ItemType.ExtentItem or ItemType.MetadataItem;
        return isThere && ExtentRecord.Read(_tree, cursor, devices.Geometry.NodeSize).IsParent;
    }

    /// <summary>Goes through all extents.</summary>
    /// <param name="take">Gets each, with the address of its item.</param>
    /// <param name="run">Is told of what is damaged.</param>
    public void ForEach(Action<ExtentRecord, long> take, CheckRun run)
    {
        ExtentRecord? record = null;
        long address = 0;
        run.Try(() =>
        {
            using TreeCursor cursor = _tree.Open();
            for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
            {
                TreeKey key = cursor.Key;
                if (key.Type is ItemType.ExtentItem or ItemType.MetadataItem)
                {
                    End();
                    address = (long)cursor.Address;
                    record = TryRead(cursor, run);
                }
                else if (key.Type != ItemType.BlockGroupItem && (record is null || record.Address != key.ObjectId || !record.TryAddKeyed(key, cursor.Data)))
                {
                    run.Find("extent tree", (long)cursor.Address, $"the item {key} belongs to no extent", "btrfs_extent_item");
                }
            }
        });
        End();

        void End()
        {
            if (record is { } ended)
            {
                record = null;
                take(ended, address);
            }
        }
    }

    private ExtentRecord? TryRead(in TreeCursor cursor, CheckRun run)
    {
        try
        {
            return ExtentRecord.Read(_tree, cursor, devices.Geometry.NodeSize);
        }
        catch (InvalidImageException e)
        {
            run.Find(Finding.Of(e));
            return null;
        }
    }
}
