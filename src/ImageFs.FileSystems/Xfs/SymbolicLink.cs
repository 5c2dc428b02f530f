using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Targets of symbolic links: in the inode, or in blocks (xfs_dsymlink_hdr).</summary>
internal static class SymbolicLink
{
    private const string Clause = "xfs_dsymlink_hdr";

    // XFS_SYMLINK_MAXLEN.
    private const int MaxLength = 1024;

    /// <summary>The target.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[] Read(XfsVolume volume, Inode inode)
    {
        if (inode.Size is <= 0 or > MaxLength)
        {
            throw Damaged(inode, $"its target has {inode.Size} bytes");
        }

        byte[] target = new byte[inode.Size];
        if (!inode.IsLocal(isAttributes: false))
        {
            new RemotePieces(volume, "symbolic link", RemotePieces.TargetMagic, Clause).Read(new ForkMap(volume, inode, isAttributes: false), 0, target);
        }
        else if (target.Length <= inode.DataFork.Length)
        {
            inode.DataFork[..target.Length].CopyTo(target);
        }
        else
        {
            throw Damaged(inode, $"its target of {inode.Size} bytes is not in {inode.DataFork.Length}");
        }

        return target.AsSpan().Contains((byte)0) ? throw Damaged(inode, $"its target has a NUL among {target.Length} bytes") : target;
    }

    private static InvalidImageException Damaged(Inode inode, string problem) =>
        new($"symbolic link of inode {inode.Number}", inode.Address, problem, Clause);
}
