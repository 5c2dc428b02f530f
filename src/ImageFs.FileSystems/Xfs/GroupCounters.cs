using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>What the headers of all groups count together (xfs_agf, xfs_agi), as Linux does where the super block is out of date.</summary>
internal static class GroupCounters
{
    /// <summary>Counts.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="treeBlocks">Blocks of the trees of free space, which are free only when these have nothing to tell.</param>
    /// <exception cref="ImageException">The header of a group is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static Counters Sum(XfsVolume volume, out long treeBlocks)
    {
        Geometry geometry = volume.Geometry;
        byte[] header = new byte[geometry.SectorSize];
        long free = 0;
        long inodes = 0;
        long freeInodes = 0;
        treeBlocks = 0;
        for (uint group = 0; group < geometry.GroupCount; group++)
        {
            Read(volume, group, FreeSpaceHeader.Sector, FreeSpaceHeader.Magic, "AGF", header);
            var space = new FreeSpaceHeader(header);
            free += (long)space.FreeBlocks + space.CountInList + space.TreeBlocks;
            treeBlocks += Math.Max(0, space.TreeBlocks - (geometry.HasReverseMap ? space.ReverseMapBlocks - 1L : 0));
            Read(volume, group, InodesHeader.Sector, InodesHeader.Magic, "AGI", header);
            inodes += new InodesHeader(header).Count;
            freeInodes += new InodesHeader(header).FreeCount;
        }

        return new Counters(inodes, freeInodes, free, volume.Counters.FreeRealTimeExtents);
    }

    private static void Read(XfsVolume volume, uint group, int sector, uint magic, string name, byte[] header)
    {
        long address = volume.Geometry.AddressOfGroup(group) + ((long)sector * header.Length);
        volume.Source.ReadAt(address, header);
        if (UInt32(header, 0) != magic || UInt32(header, 8) != group)
        {
            throw new InvalidImageException(name, address, $"it is not that of group {group}", $"xfs_{name.ToLowerInvariant()}");
        }
    }

    private static uint UInt32(byte[] bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(offset));
}
