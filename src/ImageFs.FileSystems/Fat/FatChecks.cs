using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Fat;

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
            run.GiveUp("the volume has one table in use, and no copies");
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
