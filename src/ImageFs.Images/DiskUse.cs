using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs.Images;

/// <summary>
/// Whether a disk that may be one file system, and may be partitioned, is used as a whole or by its partitions: of what was there first a
/// part may remain.
/// </summary>
/// <param name="IsWhole">Whether the whole counts.</param>
/// <param name="Doubt">What speaks for the other, and the option that shows it; null when there is no doubt.</param>
/// <remarks>
/// A table belongs to a file system when one of its partitions is that file system, or an image inside it that discs boot from: hybrid
/// discs, and FAT with a table in its boot sector. A partition speaks against a file system of the whole when it begins with one of its
/// own, which that of the whole would have written over; so those count that lie in its place, if any do. What decides is the first of these that holds:
/// <list type="table">
/// <item><term>there is but one of the two</term><description>that</description></item>
/// <item><term>the table belongs to the file system</term><description>the whole</description></item>
/// <item><term>the file system was written over, and the table leads somewhere</term><description>the partitions</description></item>
/// <item><term>the table's first copy was written over</term><description>the whole, in doubt</description></item>
/// <item><term>a partition speaks against it</term><description>the partitions, in doubt</description></item>
/// <item><term>otherwise</term><description>the whole, in doubt if the table could be one</description></item>
/// </list>
/// </remarks>
public sealed record DiskUse(bool IsWhole, string? Doubt = null)
{
    // ECMA-119 6.2.1: a partition that begins within it and continues beyond may be the file system of the whole.
    private const long SystemArea = 32 * 1024;

    /// <summary>Volumes beyond the end of a file system of the whole, which its files do not have.</summary>
    public IReadOnlyList<LeftOut> LeftOut { get; private init; } = [];

    /// <summary>Judges a disk.</summary>
    public static DiskUse Judge(Disk disk)
    {
        if (disk.IsMember)
        {
            // A header that begins the disk is where a newer file system would have its own first bytes; one at the end (md) counts for blkid, too.
            return new DiskUse(IsWhole: false);
        }

        Volume whole = disk.Whole;
        if (whole.Format is not { } format)
        {
            // Something that is not read takes the disk only where no table divides it.
            return whole.Problem is not null || !disk.IsDivided
                ? new DiskUse(IsWhole: true)
                : new DiskUse(IsWhole: false, DoubtOfRaid(whole));
        }

        if (disk.UsableTable is not { IsRivalOfWhole: true } table || disk.Partitions.Count == 0)
        {
            return new DiskUse(IsWhole: true);
        }

        try
        {
            return Weigh(disk, whole, format, table);
        }
        catch (LinuxException)
        {
            // Partitions that the device cannot read do not take away what it can.
            return new DiskUse(IsWhole: true);
        }
    }

    // One disk of a mirror has all of it; of other arrays the table alone is right.
    private static string? DoubtOfRaid(Volume whole) =>
        whole.Candidates.Select(candidate => candidate.Foreign).FirstOrDefault(foreign => foreign is { IsRaidOfDisks: true }) is { } raid
            ? $"the disk is {raid.Title}: its partitions are those of the array, which is not put together ({raid.Hint}); they are shown, and right only if each of its disks has all of them"
            : null;

    private static DiskUse Weigh(Disk disk, Volume whole, FileSystemFormat format, PartitionTable table)
    {
        long[] inner = [.. whole.Candidates.Where(candidate => candidate.Format is not null).SelectMany(candidate => candidate.Format!.FindInnerVolumes(disk.Source))];
        if (disk.Partitions.Any(volume => Belongs(volume, whole, inner)))
        {
            return new DiskUse(IsWhole: true) { LeftOut = [.. Behind(disk, inner)] };
        }

        Recognition best = whole.Candidates[0];
        bool isOverwritten = best.Weight.Evidence == Evidence.Overwritten;
        Volume[] within = [.. disk.Partitions.Where(volume => volume.Partition!.Start < best.Weight.Length)];
        bool hasFileSystems = (within.Length > 0 ? within : disk.Partitions).Any(volume => SpeaksAgainst(volume, format));
        string shape = $"a file system of type {best.Type} over the whole disk ({ByteSize.Text(best.Weight.Length)})";
        if (isOverwritten && (hasFileSystems || IsSensible(disk)))
        {
            return new DiskUse(IsWhole: false);
        }

        if (hasFileSystems && !table.IsFromBackup)
        {
            return new DiskUse(
                IsWhole: false, $"{shape} and the partitions cannot both be whole: the partitions are shown, -o {whole.OptionFor(best)} shows the other");
        }

        return new DiskUse(
            IsWhole: true,
            IsSensible(disk) ? $"{shape} and a partition table ({table.Kind}) are there, of which one is left from before: the file system is shown, -o part=N shows a partition" : null);
    }

    private static bool Belongs(Volume volume, Volume whole, long[] inner)
    {
        Partition partition = volume.Partition!;
        return partition.Start == 0
            || inner.Contains(partition.Start)
            || (whole.Format!.IsOfDiscs
                && partition.Start <= SystemArea
                && volume.Candidates.All(candidate => candidate.Format is { IsOfDiscs: true })
                && whole.Candidates[0].Weight is { Evidence: not Evidence.Overwritten } weight
                && (IsSame(volume, whole) || partition.Start + partition.Length > Math.Max(SystemArea, weight.Length / 2)));
    }

    // xorriso -partition_offset: a second tree of the same files, with addresses that count from the partition.
    private static bool IsSame(Volume volume, Volume whole) => volume.Format == whole.Format && volume.Uuid.Length > 0 && volume.Uuid == whole.Uuid && volume.Label == whole.Label;

    // Discs have partitions of a Mac beside ISO 9660, with the same files.
    private static bool SpeaksAgainst(Volume volume, FileSystemFormat whole) =>
        volume.Node?.Member is not null
        || (volume.Candidates is [var best, ..]
            && (best.Format is not null
                ? best.Weight.Evidence != Evidence.Overwritten
                : best.Foreign is { IsVolume: true }
                    && !(whole.IsOfDiscs && best.Foreign.SharesDiscs)));

    // Boot code that is taken for a table has partitions anywhere.
    private static bool IsSensible(Disk disk)
    {
        long end = 0;
        foreach (Partition partition in disk.Partitions.Select(volume => volume.Partition!).OrderBy(partition => partition.Start))
        {
            if (partition.Start < end || partition.Start == 0 || partition.Start + partition.Length > disk.Source.Length)
            {
                return false;
            }

            end = partition.Start + partition.Length;
        }

        return true;
    }

    private static IEnumerable<LeftOut> Behind(Disk disk, long[] inner) =>
        from volume in disk.Partitions
        let start = volume.Partition!.Start
        where start > 0 && !inner.Contains(start) && start >= disk.Whole.Candidates[0].Weight.Length && SpeaksAgainst(volume, disk.Whole.Format!)
        select volume.Format is null ? new LeftOut(volume) : new LeftOut(volume, $"the file system of the whole disk is shown, -o part={volume.Partition!.Number} shows this");
}
