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

    /// <summary>The checks.</summary>
    public IReadOnlyList<Check> All =>
    [
        .. volume.FatCount > 1 ? [new Check("copies of the FAT", CompareTables) { Length = volume.FatCount * volume.TableLength }] : (Check[])[],
        .. volume.BackupBootSector > 0 ? [new Check("backup boot sector", CompareBootSectors)] : (Check[])[],
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
        long backup = volume.BackupBootSector * (long)volume.SectorSize;
        volume.Source.ReadAt(0, first);
        volume.Source.ReadAt(backup, second);
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
