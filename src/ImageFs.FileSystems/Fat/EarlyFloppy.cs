using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Floppy disks of DOS 1, whose boot sector has no parameter block: what it would say follows from the medium, which is the first byte of
/// the table, and from the size of the disk. These are the four that Linux's vfat knows (<c>dos1xfloppy</c>).
/// </summary>
internal static class EarlyFloppy
{
    private const int SectorSize = 512;
    private const byte FatCount = 2;

    // The parameter block, and what later versions have behind it: code, here.
    private const int BlockStart = 3;
    private const int BlockEnd = 62;

    private static readonly (int Sectors, byte SectorsPerCluster, byte RootEntries, byte Media, byte FatSize)[] s_kinds =
    [
        (320, 1, 64, 0xFE, 1),
        (360, 1, 64, 0xFC, 2),
        (640, 2, 112, 0xFF, 1),
        (720, 2, 112, 0xFD, 2),
    ];

    /// <summary>Gives the boot sector of such a disk the parameter block that it lacks; any other stays as it is.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="boot">Its boot sector; <see cref="BootSector.Length"/> bytes.</param>
    /// <exception cref="ImageException">The tables cannot be read.</exception>
    public static void Complete(BlockSource disk, Span<byte> boot)
    {
        foreach ((int sectors, byte sectorsPerCluster, byte rootEntries, byte media, byte fatSize) in s_kinds)
        {
            if (disk.Length == sectors * SectorSize && new BootSector(boot).FindProblem() is not null && HasTables(disk, media, fatSize))
            {
                boot[BlockStart..BlockEnd].Clear();
                BinaryPrimitives.WriteUInt16LittleEndian(boot[11..], SectorSize);
                boot[13] = sectorsPerCluster;
                boot[14] = 1;
                boot[16] = FatCount;
                boot[17] = rootEntries;
                BinaryPrimitives.WriteUInt16LittleEndian(boot[19..], (ushort)sectors);
                boot[21] = media;
                boot[22] = fatSize;
                return;
            }
        }
    }

    private static bool HasTables(BlockSource disk, byte media, byte fatSize)
    {
        Span<byte> start = stackalloc byte[3];
        for (int copy = 0; copy < FatCount; copy++)
        {
            disk.ReadAt((1 + (copy * fatSize)) * SectorSize, start);
            if (start[0] != media || start[1] != 0xFF || start[2] != 0xFF)
            {
                return false;
            }
        }

        return true;
    }
}
