using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes;

/// <summary>What can be checked of the partition table of a disk.</summary>
public static class PartitionChecks
{
    /// <summary>The checks of a disk's table; none when it has none.</summary>
    /// <param name="disk">The whole disk.</param>
    /// <param name="sizes">What is known of its sectors.</param>
    public static IEnumerable<Check> Of(BlockSource disk, SectorSizes sizes)
    {
        bool isGpt = GuidPartitionTable.IsMeant(disk);
        if (isGpt)
        {
            yield return new Check("GPT headers and entries", run => GuidPartitionTable.Check(disk, sizes, run));
        }

        if (isGpt || !IsEmpty(disk, sizes))
        {
            yield return new Check("partitions", run => CheckTable(disk, sizes, isGpt, run));
        }
    }

    private static bool IsEmpty(BlockSource disk, SectorSizes sizes)
    {
        try
        {
            return PartitionTable.Read(disk, sizes, static _ => { }) is null;
        }
        catch (InvalidImageException)
        {
            return false;
        }
    }

    // What is wrong with the headers of a GPT was told before, of both.
    private static void CheckTable(BlockSource disk, SectorSizes sizes, bool isGpt, CheckRun run)
    {
        var problems = new List<Finding>();
        try
        {
            if (PartitionTable.Read(disk, sizes, warning => problems.Add(new Finding(string.Empty, null, warning))) is { } table)
            {
                CheckPlaces(disk, table, run);
            }
        }
        catch (InvalidImageException e)
        {
            problems.Add(Finding.Of(e));
            run.GiveUp("the table is damaged");
        }

        if (!isGpt)
        {
            problems.ForEach(run.Find);
        }
    }

    private static void CheckPlaces(BlockSource disk, PartitionTable table, CheckRun run)
    {
        run.Extent = $"{table.Partitions.Count}";
        Partition? before = null;
        foreach (Partition partition in table.Partitions.Where(partition => !partition.IsContainer && partition.Length > 0).OrderBy(partition => partition.Start))
        {
            string name = $"partition {partition.Number}";
            if (partition.Length > disk.Length - partition.Start)
            {
                run.Find(name, partition.Start, $"its {partition.Length} bytes end beyond the disk, which has {disk.Length}: it is cut short");
            }

            if (before is not null && partition.Start < before.Start + before.Length && !IsWithinItself(before, partition, table))
            {
                run.Find(name, partition.Start, $"it begins inside of partition {before.Number}");
            }

            before = before is null || partition.Start + partition.Length > before.Start + before.Length ? partition : before;
        }
    }

    // A map of Apple is a partition of itself; and hybrid images have partitions inside the one that is all of the ISO.
    private static bool IsWithinItself(Partition outer, Partition inner, PartitionTable table) =>
        table.Kind == "mac" || (outer.Start == 0 && inner.Start + inner.Length <= outer.Start + outer.Length);
}
