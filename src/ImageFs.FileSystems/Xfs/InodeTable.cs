using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>Finds inodes by their number, which is their place, and checks them.</summary>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="blocks">The volume.</param>
internal sealed class InodeTable(Geometry geometry, MetadataBlocks blocks)
{
    /// <summary>An inode that is in use.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="bytes">Takes it: as long as sb_inodesize says.</param>
    /// <exception cref="ImageException">It is damaged, or not in use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode Read(long number, Span<byte> bytes)
    {
        if (!geometry.IsValidInode(number))
        {
            throw new InvalidImageException($"inode {number}", 0, "its number is that of no place where inodes can be", Inode.Clause);
        }

        blocks.Read(geometry.LinearBlock(geometry.BlockOfInode(number)), geometry.OffsetOfInode(number), bytes);
        var inode = new Inode(bytes, number, geometry.AddressOfInode(number));
        return inode.FindProblem(geometry) is { } problem
            ? throw new InvalidImageException($"inode {number}", inode.Address, problem, Inode.Clause)
            : inode;
    }
}
