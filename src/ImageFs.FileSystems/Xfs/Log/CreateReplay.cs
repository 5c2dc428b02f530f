using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>Replays that a chunk of inodes was made (xfs_icreate_log): all of them are free.</summary>
/// <param name="sectors">The volume.</param>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="cancellations">What is not to be replayed.</param>
internal sealed class CreateReplay(PatchedSectors sectors, Geometry geometry, Cancellations cancellations)
{
    private const int Size = 28;
    private const int MaxInodes = 64;
    private const int ClusterBytes = 8192;
    private const int VersionOffset = 4;
    private const int GenerationOffset = 92;
    private const int NextUnlinkedOffset = 96;
    private const int NumberOffset = 152;
    private const int UuidOffset = 160;
    private const int MinCluster = 512;

    /// <summary>Replays one.</summary>
    /// <param name="item">What was logged.</param>
    /// <param name="log">The log, for messages.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    public void Replay(LogItem item, LogReader log)
    {
        ReadOnlySpan<byte> format = item.Format;
        if (format.Length < Size)
        {
            throw log.Damaged(item.Block, $"an item of new inodes has {format.Length} bytes");
        }

        uint group = UInt32(format, 4);
        uint block = UInt32(format, 8);
        uint count = UInt32(format, 12);
        uint size = UInt32(format, 16);
        uint blocks = UInt32(format, 20);
        uint generation = UInt32(format, 24);
        if (group >= geometry.GroupCount || size != geometry.InodeSize || count == 0 || count > Math.Max(MaxInodes, geometry.InodesPerBlock) || (long)count * size != (long)blocks * geometry.BlockSize
            || block == 0 || (long)block + blocks > geometry.BlocksOfGroup(group))
        {
            throw log.Damaged(item.Block, $"an item of new inodes is of {count} in {blocks} blocks from {block} of group {group}");
        }

        long sector = geometry.AddressOfGroupBlock(group, block) / PatchedSectors.SectorSize;
        int all = (int)(blocks * geometry.BlockSize / PatchedSectors.SectorSize);
        if (IsCancelled(sector, all))
        {
            return;
        }

        byte[] chunk = new byte[all * PatchedSectors.SectorSize];
        for (int i = 0; i < count; i++)
        {
            Span<byte> inode = chunk.AsSpan(i * geometry.InodeSize, geometry.InodeSize);
            BinaryPrimitives.WriteUInt16BigEndian(inode, Inode.MagicNumber);
            inode[VersionOffset] = geometry.HasChecksums ? (byte)3 : (byte)2;
            BinaryPrimitives.WriteUInt32BigEndian(inode[GenerationOffset..], generation);
            BinaryPrimitives.WriteUInt32BigEndian(inode[NextUnlinkedOffset..], uint.MaxValue);
            if (geometry.HasChecksums)
            {
                BinaryPrimitives.WriteInt64BigEndian(inode[NumberOffset..], geometry.InodeNumber(group, ((long)block * geometry.InodesPerBlock) + i));
                geometry.Uuid.CopyTo(inode[UuidOffset..]);
                MetadataHeader.SealInode(inode, geometry);
            }
        }

        sectors.Write(sector, chunk);
    }

    private static uint UInt32(ReadOnlySpan<byte> format, int offset) => BinaryPrimitives.ReadUInt32BigEndian(format[offset..]);

    // Inodes are freed by clusters, of a size that hangs on the file system: a chunk is freed as a whole or not at all.
    private bool IsCancelled(long sector, int all)
    {
        for (int bytes = Math.Max(geometry.BlockSize, MinCluster); bytes <= Math.Max(ClusterBytes * (geometry.InodeSize / 256), geometry.BlockSize); bytes *= 2)
        {
            int cluster = bytes / PatchedSectors.SectorSize;
            if (cluster <= all && cancellations.IsCancelled(sector, cluster))
            {
                return true;
            }
        }

        return false;
    }
}
