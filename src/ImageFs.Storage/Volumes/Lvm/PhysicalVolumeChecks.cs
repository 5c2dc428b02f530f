using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>What can be checked of a physical volume: its label, the copies of its group's metadata, and the extents that volumes have on it.</summary>
internal static class PhysicalVolumeChecks
{
    /// <summary>The checks; none when it has no label.</summary>
    public static IEnumerable<Check> Of(BlockSource source)
    {
        PhysicalVolumeLabel? label = null;
        bool isMeant = true;
        try
        {
            label = PhysicalVolumeLabel.Read(source);
            isMeant = label is not null;
        }
        catch (InvalidImageException)
        {
            // The check says so.
        }

        if (isMeant)
        {
            yield return new Check("LVM label and metadata", run => CheckCopies(source, run));
        }

        if (label is not null && LvmMember.ReadGroup(source, label).Group is { } group && group.PhysicalVolumes.FirstOrDefault(volume => volume.Uuid == label.Uuid) is { } own)
        {
            yield return new Check("LVM extents", run => CheckExtents(source, group, own, run));
        }
    }

    private static void CheckCopies(BlockSource source, CheckRun run) => run.Try(() =>
    {
        IReadOnlyList<DiskArea> areas = PhysicalVolumeLabel.Read(source)!.MetadataAreas;
        run.Extent = $"{areas.Count}";
        long? sequence = null;
        foreach (DiskArea area in areas)
        {
            run.Try(() =>
            {
                if (new MetadataArea(source, area.Start).Read() is not { } text)
                {
                    return;
                }

                VolumeGroup group = VolumeGroup.Read(text);
                if (sequence is { } other && group.Sequence != other)
                {
                    run.Find("LVM metadata area", area.Start, $"it has description {group.Sequence} of the volume group {group.Name}, and the other copy {other}");
                }

                sequence = group.Sequence;
            });
        }
    });

    private static void CheckExtents(BlockSource source, VolumeGroup group, PhysicalVolume own, CheckRun run)
    {
        long address = own.Start;
        if (own.ExtentCount > (long.MaxValue - own.Start) / group.ExtentLength)
        {
            run.Find("LVM metadata", own.Address, $"{own.ExtentCount} extents are longer than a device can be");
            return;
        }

        long end = own.Start + (own.ExtentCount * group.ExtentLength);
        if (end > source.Length)
        {
            run.Find($"{own}", end, $"its {own.ExtentCount} extents end beyond it, for it has {source.Length} bytes: it is cut short");
        }

        (long First, long Count, string Volume)[] used = [.. UsesOf(group, own, run).Order()];
        run.Extent = $"{used.Sum(use => use.Count)}";
        (long First, long Count, string Volume) before = default;
        foreach ((long First, long Count, string Volume) use in used)
        {
            long place = address + (Math.Min(use.First, own.ExtentCount) * group.ExtentLength);
            if (use.Count > own.ExtentCount || use.First > own.ExtentCount - use.Count)
            {
                run.Find($"volume {use.Volume}", place, $"its {use.Count} extents from {use.First} on leave the physical volume, which has {own.ExtentCount}");
            }

            if (use.First < before.First + before.Count)
            {
                run.Find($"volume {use.Volume}", place, $"its extents from {use.First} on are those of {before.Volume}, too");
            }

            before = use.First + use.Count > before.First + before.Count ? use : before;
        }
    }

    // The extents of a physical volume that volumes have by their own segments; the other types lie on other volumes.
    private static List<(long First, long Count, string Volume)> UsesOf(VolumeGroup group, PhysicalVolume own, CheckRun run)
    {
        var uses = new List<(long First, long Count, string Volume)>();
        foreach (LogicalVolume volume in group.LogicalVolumes)
        {
            foreach (Segment segment in volume.Segments)
            {
                string? key = segment.Type switch { "striped" or "linear" => "stripes", "mirror" => "mirrors", _ => null };
                if (key is null)
                {
                    continue;
                }

                run.Try(() =>
                {
                    IReadOnlyList<(string Volume, long Extent)> areas = segment.Areas(key);
                    long length = key == "stripes" ? segment.Length / areas.Count : segment.Length;
                    uses.AddRange(areas.Where(area => area.Volume == own.Name).Select(area => (area.Extent, (length + group.ExtentLength - 1) / group.ExtentLength, volume.Name)));
                });
            }
        }

        return uses;
    }
}
