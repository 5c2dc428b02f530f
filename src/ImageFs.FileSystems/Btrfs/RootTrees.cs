using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Log;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>The root tree that a file system is read by: the newest with what is in the log, or, where it was asked for, an older one.</summary>
internal static class RootTrees
{
    private static readonly ulong[] s_needed =
        [ObjectIds.ExtentTree, ObjectIds.ChecksumTree, ObjectIds.DeviceTree, ObjectIds.FsTree, ObjectIds.DataRelocationTree];

    /// <summary>Opens it.</summary>
    /// <param name="devices">The file system.</param>
    /// <param name="rescue">What is passed over.</param>
    /// <param name="context">What the file system is opened with.</param>
    /// <exception cref="ImageException">None can be read, or the log is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static Trees.Tree Open(DeviceSet devices, RescueOptions rescue, OpenContext context)
    {
        if (rescue.UsesBackupRoots && !CanBeUsed(devices.Super.RootTree))
        {
            foreach (NodePointer backup in devices.Super.BackupRoots.Where(CanBeUsed).Take(1))
            {
                // The log is of the newest.
                context.Warn($"the root tree of transaction {devices.Super.Generation} cannot be read: that of transaction {backup.Generation} is shown");
                return new Trees.Tree(devices.Reader, backup);
            }
        }

        return LogReplay.OpenRootTree(devices, rescue.LeavesLog, context);

        bool CanBeUsed(NodePointer root) => IsWhole(new Trees.Tree(devices.Reader, root), devices.Super, rescue.IgnoresBadRoots);
    }

    /// <summary>Whether the root of a tree can be read.</summary>
    public static bool IsReadable(Trees.Tree tree)
    {
        using var buffer = new PooledBuffer(tree.Reader.Geometry.NodeSize);
        try
        {
            tree.Reader.Read(tree.Root, buffer.Span);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    // As init_tree_roots and btrfs_read_roots.
    private static bool IsWhole(Trees.Tree root, SuperBlock super, bool ignoresBadRoots)
    {
        try
        {
            using TreeCursor cursor = root.Open();
            if (!cursor.SeekLast(TreeKey.Max))
            {
                return false;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }

        var table = new SubvolumeTable(root);
        ulong[] needed = ignoresBadRoots ? [ObjectIds.FsTree] : super.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.BlockGroupTree) ? [.. s_needed, ObjectIds.BlockGroupTree] : s_needed;
        return Array.TrueForAll(needed, id => Find(table, id) is { } tree && IsReadable(tree));
    }

    private static Trees.Tree? Find(SubvolumeTable table, ulong id)
    {
        try
        {
            return table.FindTree(id);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }
}
