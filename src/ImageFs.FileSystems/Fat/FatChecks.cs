using System.Globalization;
using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Tells a FAT volume from a boot sector that remains of one: FAT has no checksums, but its tables begin with two entries that are no
/// clusters' (fatgen103 4), and its root directory with entries of a known form (6).
/// </summary>
internal static class FatRemains
{
    private const int MaxEntries = 16;
    private const int Attributes = 11;
    private const byte UnusedAttributes = 0xC0;

    /// <summary>What the boot sector leads to and is missing; null when nothing is.</summary>
    /// <exception cref="ImageException">The image ends before it.</exception>
    public static string? FindOverwritten(FatVolume volume)
    {
        for (int copy = 0; copy < volume.FatCount; copy++)
        {
            if (!BeginsTable(volume, volume.TableAddress + (copy * volume.TableLength)))
            {
                return $"table {copy + 1} does not begin as one of FAT does (fatgen103 4)";
            }
        }

        return HasRoot(volume) ? null : "there is no root directory where the boot sector has it (fatgen103 6)";
    }

    // The medium, and ones: in the second entry some bits of FAT16 and FAT32 say how the volume was left.
    private static bool BeginsTable(FatVolume volume, long address)
    {
        Span<byte> start = stackalloc byte[4];
        volume.Cache.ReadAt(address, start);
        return start[0] >= 0xF0 && start[1] == 0xFF && (volume.Width == EntryWidth.Fat32 ? (start[3] & 0x0F) == 0x0F : start[2] == 0xFF);
    }

    private static bool HasRoot(FatVolume volume)
    {
        BlockSource root = volume.OpenRoot().Contents;
        byte[] entries = new byte[Math.Min(root.Length, MaxEntries * EntryCursor.EntrySize)];
        root.ReadAt(0, entries);
        for (int place = 0; place < entries.Length && entries[place] != 0; place += EntryCursor.EntrySize)
        {
            bool isDeleted = entries[place] == 0xE5;
            bool isLongName = entries[place + Attributes] == 0x0F;
            bool isNamed = entries[place] is >= 0x20 or 0x05;
            if (!isDeleted && ((!isLongName && !isNamed) || (entries[place + Attributes] & UnusedAttributes) != 0))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>What can be checked of a FAT volume beside its files: that its copies agree.</summary>
/// <param name="volume">The volume.</param>
internal sealed class FatChecks(FatVolume volume)
{
    private const int PieceLength = 1 << 16;

    // FAT32's flags of a volume in use, which only the first of the two boot sectors gets.
    private const int StatePlace = 65;

    // The sector in which every formatter puts the backup (fatgen103 3.3).
    private const int UsualBackup = 6;

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        .. volume.FatCount > 1 ? [new Check("copies of the FAT", CompareTables) { Length = volume.FatCount * volume.TableLength }] : (Check[])[],
        .. volume.Width == EntryWidth.Fat32 ? [new Check("backup boot sector", CompareBootSectors)] : (Check[])[],
        new Check("lost clusters"),
    ];

    private void CompareTables(CheckRun run)
    {
        run.Extent = volume.FatCount.ToString(CultureInfo.InvariantCulture);
        if (!volume.IsMirrored)
        {
            run.GiveUp("the volume has only one table in use");
            return;
        }

        for (int copy = 1; copy < volume.FatCount; copy++)
        {
            long difference = FindDifference(volume.TableAddress, volume.TableAddress + (copy * volume.TableLength), volume.TableLength, run);
            if (difference >= 0)
            {
                run.Find("FAT", volume.TableAddress + difference, $"copy {copy + 1} differs from it", "fatgen103 4");
            }
        }
    }

    private void CompareBootSectors(CheckRun run)
    {
        byte[] first = new byte[BootSector.Length];
        byte[] second = new byte[BootSector.Length];
        volume.Source.ReadAt(0, first);

        // Where there is said to be none, one may be in the usual place: that it is not named is a difference.
        bool isNamed = volume.BackupBootSector > 0;
        int sector = isNamed ? volume.BackupBootSector : UsualBackup;
        long backup = sector * (long)volume.SectorSize;
        if (sector < volume.TableAddress / volume.SectorSize)
        {
            volume.Source.ReadAt(backup, second);
        }

        if (!isNamed && new BootSector(second) is not { HasSignature: true, IsFat32: true })
        {
            run.GiveUp("the volume has none");
            return;
        }

        first[StatePlace] = second[StatePlace];
        int same = first.AsSpan().CommonPrefixLength(second);
        if (same < first.Length)
        {
            run.Find("backup boot sector", backup, $"byte {same} differs from the boot sector's", "fatgen103 3.4");
        }
    }

    private long FindDifference(long one, long other, long length, CheckRun run)
    {
        byte[] first = new byte[PieceLength];
        byte[] second = new byte[PieceLength];
        for (long offset = 0; offset < length;)
        {
            int count = (int)Math.Min(PieceLength, length - offset);
            volume.Source.ReadAt(one + offset, first.AsSpan(0, count));
            volume.Source.ReadAt(other + offset, second.AsSpan(0, count));
            run.Advance(2 * count);
            int same = first.AsSpan(0, count).CommonPrefixLength(second.AsSpan(0, count));
            if (same < count)
            {
                return offset + same;
            }

            offset += count;
        }

        return -1;
    }
}
