using System.Buffers.Binary;
using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// Segments of the type "mirror": copies on several areas, of which the first has all. A log may say of which regions the others have the
/// same (lib/mirror/mirrored.c, dm-raid1.c, dm-log.c).
/// </summary>
internal static class MirrorSegment
{
    private const int SectorSize = 512;
    private const uint LogMagic = 0x4D695272;
    private const int LogHeaderLength = 1024;
    private const long MaxRegions = 1 << 22;

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        IReadOnlyList<(string Volume, long Extent)> areas = segment.Areas("mirrors");
        if (segment.Section.Number("mirror_count") != areas.Count)
        {
            throw segment.Section.Wrong("mirrors", $"has {areas.Count} areas, and mirror_count is {segment.Section.Number("mirror_count")}");
        }

        // What pvmove has moved is where it was moved to.
        if (segment.Section.FindNumber("extents_moved") is { } moved)
        {
            return volumes.OpenArea(segment, areas[moved * volumes.Group.ExtentLength >= segment.Length && areas.Count > 1 ? 1 : 0], segment.Length);
        }

        TruncatedImageException? missing = null;
        var members = new List<RaidMember>();
        foreach ((string Volume, long Extent) area in areas)
        {
            BlockSource? source = null;
            try
            {
                source = volumes.OpenArea(segment, area, segment.Length);
            }
            catch (TruncatedImageException e)
            {
                missing ??= e;
            }

            members.Add(new RaidMember(area.Volume, source, segment.Length) { BadRanges = members.Count > 0 && members[0].Source is null ? UnsyncedRanges(segment, volumes) ?? throw missing! : [] });
        }

        return new RaidGeometry(RaidLevel.Raid1, members.Count) { MemberLength = segment.Length }.Open(members);
    }

    // Regions that only the first copy is known to have; null when nothing tells.
    private static List<(long Start, long Length)>? UnsyncedRanges(Segment segment, LogicalVolumes volumes)
    {
        long region = segment.Section.Number("region_size", uint.MaxValue) * SectorSize;
        if (region == 0 || segment.Section.FindText("mirror_log") is not { } name || volumes.OpenIfThere(name, segment.Section) is not { } log)
        {
            return null;
        }

        long regions = (segment.Length + region - 1) / region;
        if (regions > MaxRegions)
        {
            throw new UnsupportedFeatureException($"an LVM mirror of {regions} regions");
        }

        if (LogHeaderLength + ((regions + 7) / 8) > log.Length)
        {
            throw segment.Section.Wrong("mirror_log", $"names a volume of {log.Length} bytes, which is too short for {regions} regions");
        }

        byte[] bytes = new byte[(int)(LogHeaderLength + ((regions + 7) / 8))];
        log.ReadAt(0, bytes);
        if (BinaryPrimitives.ReadUInt32LittleEndian(bytes) != LogMagic)
        {
            return null;
        }

        var ranges = new List<(long Start, long Length)>();
        for (long i = 0; i < regions; i++)
        {
            if ((bytes[LogHeaderLength + (i / 8)] >> (int)(i % 8) & 1) == 0)
            {
                ranges.Add((i * region, region));
            }
        }

        return ranges;
    }
}
