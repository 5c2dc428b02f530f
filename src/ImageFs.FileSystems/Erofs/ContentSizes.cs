using ImageFs.FileSystems.Erofs.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>What all files come to, before and after they were compressed: no structure has the sum.</summary>
internal static class ContentSizes
{
    // Of more inodes than these the sum takes too long for a description.
    private const ulong MaxInodes = 50_000;
    private const int MaxEntries = 200_000;

    /// <summary>Adds up the sizes of files and the bytes that they are stored in, each file once.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="root">Its root directory.</param>
    /// <returns>Null when there are too many files, or damage is met.</returns>
    public static (long Contents, long Stored)? Count(ErofsVolume volume, NodeId root)
    {
        try
        {
            return volume.Geometry.Inodes > MaxInodes ? null : Sum(volume, root);
        }
        catch (Exception e) when (e is ImageException or LinuxException or OverflowException)
        {
            return null;
        }
    }

    private static (long Contents, long Stored)? Sum(ErofsVolume volume, NodeId root)
    {
        var directories = new ErofsDirectories(volume);
        var seen = new HashSet<NodeId> { root };
        var pending = new Stack<NodeId>([root]);
        long contents = 0;
        long stored = 0;
        int entries = 0;
        while (pending.TryPop(out NodeId node))
        {
            using var cursor = new DirectoryCursor(volume, directories.Open(node), 0);
            while (cursor.MoveNext())
            {
                if (++entries > MaxEntries)
                {
                    return null;
                }

                if (cursor.Type == NodeType.Directory && seen.Add(cursor.Node) && !IsParent(cursor.Name))
                {
                    pending.Push(cursor.Node);
                }
                else if (cursor.Type == NodeType.Regular && seen.Add(cursor.Node))
                {
                    Inode inode = volume.ReadInode(cursor.Node);
                    contents += inode.Size;
                    stored += inode.IsCompressed ? (long)inode.Data << volume.Geometry.BlockBits : inode.Size;
                }
            }
        }

        return (contents, stored);
    }

    private static bool IsParent(ReadOnlySpan<byte> name) => name is [(byte)'.', (byte)'.'];
}
