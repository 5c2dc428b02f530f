using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// Says in all blocks of an extent tree whose it is: two inodes that exchanged their extents log that, and not the blocks
/// (xfs_bmbt_change_owner).
/// </summary>
/// <param name="sectors">The volume.</param>
/// <param name="geometry">The file system's sizes.</param>
internal sealed class ExtentTreeOwner(PatchedSectors sectors, Geometry geometry)
{
    // XFS_BM_MAXLEVELS is at most that.
    private const int MaxLevels = 16;
    private const int MaxBlocks = 1 << 20;
    private const uint MagicNumber = 0x424D4133;
    private const int RootHeader = 4;
    private const int Header = 72;
    private const int KeySize = 8;
    private const int OwnerOffset = 56;

    /// <summary>Says it.</summary>
    /// <param name="root">The fork with the root.</param>
    /// <param name="owner">The number of the inode.</param>
    /// <param name="item">What was logged, for messages.</param>
    /// <param name="log">The log, for messages.</param>
    /// <exception cref="ImageException">The tree is damaged.</exception>
    public void Set(ReadOnlySpan<byte> root, ulong owner, LogItem item, LogReader log)
    {
        if (!geometry.HasChecksums || root.Length < RootHeader)
        {
            return;
        }

        int level = BinaryPrimitives.ReadUInt16BigEndian(root);
        var pending = new Stack<(long Block, int Level)>();
        Push(root, RootHeader, level, pending, item, log);
        byte[] block = new byte[geometry.BlockSize];
        for (int done = 0; pending.TryPop(out (long Block, int Level) next); done++)
        {
            if (done == MaxBlocks || !geometry.IsValid(next.Block, 1))
            {
                throw Damaged(item, log, owner);
            }

            long sector = geometry.AddressOf(next.Block) / PatchedSectors.SectorSize;
            sectors.Read(sector, block);
            if (BinaryPrimitives.ReadUInt32BigEndian(block) != MagicNumber || BinaryPrimitives.ReadUInt16BigEndian(block.AsSpan(4)) != next.Level)
            {
                throw Damaged(item, log, owner);
            }

            BinaryPrimitives.WriteUInt64BigEndian(block.AsSpan(OwnerOffset), owner);
            MetadataHeader.Seal(block, geometry);
            sectors.Write(sector, block);
            Push(block, Header, next.Level, pending, item, log);
        }
    }

    private static InvalidImageException Damaged(LogItem item, LogReader log, ulong owner) =>
        log.Damaged(item.Block, $"the extents of inode {owner}, which it exchanged with another, are in no sound tree");

    private static void Push(ReadOnlySpan<byte> node, int header, int level, Stack<(long Block, int Level)> pending, LogItem item, LogReader log)
    {
        if (level == 0)
        {
            return;
        }

        int room = (node.Length - header) / (2 * KeySize);
        int count = BinaryPrimitives.ReadUInt16BigEndian(node[(header == RootHeader ? 2 : 6)..]);
        if (level > MaxLevels || count > room)
        {
            throw Damaged(item, log, 0);
        }

        for (int i = 0; i < count; i++)
        {
            long block = BinaryPrimitives.ReadInt64BigEndian(node[(header + ((room + i) * KeySize))..]);
            pending.Push((block, level - 1));
        }
    }
}
