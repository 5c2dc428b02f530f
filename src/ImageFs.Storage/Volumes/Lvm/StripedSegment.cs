using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>Segments of the type "striped": stripes on several areas by turns; of one area they are linear (lib/striped/striped.c).</summary>
internal static class StripedSegment
{
    private const int SectorSize = 512;
    private const int AlternateZones = 2;

    /// <summary>Whether it lies on one area.</summary>
    public static bool IsLinear(Segment segment) => segment.Section.FindList("stripes") is { Count: <= 2 };

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        IReadOnlyList<(string Volume, long Extent)> areas = segment.Areas("stripes");
        if (segment.Section.Number("stripe_count") != areas.Count)
        {
            throw segment.Section.Wrong("stripes", $"has {areas.Count} areas, and stripe_count is {segment.Section.Number("stripe_count")}");
        }

        if (areas is [var only])
        {
            return volumes.OpenArea(segment, only, segment.Length);
        }

        long length = segment.Length / areas.Count;
        var geometry = new RaidGeometry(RaidLevel.Raid0, areas.Count)
        {
            ChunkLength = segment.Section.Number("stripe_size", uint.MaxValue) * SectorSize,
            Layout = AlternateZones,
        };
        if (geometry.FindProblem() is { } problem)
        {
            throw segment.Section.Wrong(problem);
        }

        if (segment.Length % areas.Count != 0 || length % geometry.ChunkLength != 0)
        {
            throw segment.Section.Wrong($"its {segment.Length} bytes are not whole stripes of {areas.Count} times {geometry.ChunkLength}");
        }

        return geometry.Open([.. areas.Select(area => new RaidMember(area.Volume, volumes.OpenArea(segment, area, length), length))]);
    }
}
