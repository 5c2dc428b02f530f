using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Finds inodes by their number, and checks them.</summary>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="descriptors">Where the groups have their part of the table.</param>
/// <param name="blocks">The volume.</param>
internal sealed class InodeTable(Geometry geometry, GroupDescriptors descriptors, MetadataBlocks blocks)
{
    /// <summary>The inode of the root directory.</summary>
    public const uint Root = 2;

    private const string Clause = "ext4: Inode Table";

    /// <summary>An inode that is in use.</summary>
    /// <param name="number">Its number; from 1.</param>
    /// <exception cref="ImageException">It is damaged, or not in use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode Read(uint number) => Read(number, new byte[geometry.InodeSize]);

    /// <summary>An inode that is in use.</summary>
    /// <param name="number">Its number; from 1.</param>
    /// <param name="bytes">Takes it: as long as s_inode_size says.</param>
    /// <exception cref="ImageException">It is damaged, or not in use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode Read(uint number, Span<byte> bytes)
    {
        Inode inode = Load(number, bytes);
        return FindProblem(inode) is string problem
            ? throw new InvalidImageException($"inode {number}", inode.Address, problem, Clause)
            : inode;
    }

    /// <summary>Whether an inode is in use; nothing else of it is checked.</summary>
    /// <param name="number">Its number; from 1.</param>
    /// <param name="bytes">Takes it: as long as s_inode_size says.</param>
    /// <exception cref="ImageException">There is none of that number.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool IsInUse(uint number, Span<byte> bytes) => IsInUse(Load(number, bytes));

    private static bool IsInUse(Inode inode) => inode.Mode != 0 || inode.LinksCount != 0;

    private Inode Load(uint number, Span<byte> bytes)
    {
        if (number == 0 || number > geometry.InodesCount)
        {
            throw new InvalidImageException(
                "inode", SuperBlock.Address, $"there is none of number {number} among {geometry.InodesCount}", Clause);
        }

        (uint group, uint index) = Math.DivRem(number - 1, geometry.InodesPerGroup);
        (long block, long offset) = Math.DivRem((long)index * geometry.InodeSize, geometry.BlockSize);
        block += descriptors.FindInodeTable(group);
        blocks.Read(block, (int)offset, bytes);
        return new Inode(bytes, number, geometry.AddressOf(block) + offset);
    }

    private string? FindProblem(Inode inode)
    {
        if (!inode.IsExtraSizeGood)
        {
            return $"{inode.ExtraSize} bytes in use do not fit an inode of {geometry.InodeSize}";
        }

        if (!IsInUse(inode))
        {
            return "it is not in use";
        }

        return geometry.HasMetadataChecksums && inode.Checksum != inode.ActualChecksum(geometry.ChecksumSeed)
            ? "its checksum is wrong"
            : null;
    }
}
