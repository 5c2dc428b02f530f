namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>
/// Segments of the type "cache" (lib/cache_segtype/cache.c): an origin, and a cache, which is a pool of a volume with metadata and one with
/// data, or a single volume that has both.
/// </summary>
internal static class CacheSegment
{
    /// <summary>The type.</summary>
    public const string Type = "cache";

    private const string PoolType = "cache-pool";
    private const string ModeKey = "cache_mode";
    private const int SectorSize = 512;

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        ConfigurationSection section = segment.Section;
        BlockSource origin = volumes.Open(section.Text("origin"), section);
        string mode = (section.FindText(ModeKey) ?? FindPool(segment, volumes)?.Section.FindText(ModeKey)) ?? string.Empty;
        if (mode is "passthrough")
        {
            return new BlockSlice(origin, 0, segment.Length);
        }

        try
        {
            (BlockSource metadata, BlockSource data) = OpenParts(segment, volumes);
            return CacheMetadata.Open(origin, metadata, data, segment.Length, volumes.Context.Memory);
        }
        catch (TruncatedImageException e) when (mode is "writethrough")
        {
            volumes.Context.Warn($"the cache of {section.Text("origin")} cannot be read, and is passed over, since all that was written is in the volume too: {e.Message}");
            return new BlockSlice(origin, 0, segment.Length);
        }
    }

    /// <summary>What the cache lies on.</summary>
    /// <param name="segment">The segment of the cached volume.</param>
    /// <param name="volumes">The volumes of its group.</param>
    public static (BlockSource Metadata, BlockSource Data) OpenParts(Segment segment, LogicalVolumes volumes)
    {
        if (FindPool(segment, volumes) is { Section: { } pool })
        {
            return (volumes.Open(pool.Text("metadata"), pool), volumes.Open(pool.Text("data"), pool));
        }

        BlockSource whole = volumes.Open(segment.Section.Text("cache_pool"), segment.Section);
        return (PartOf(whole, segment.Section, "metadata"), PartOf(whole, segment.Section, "data"));
    }

    private static Segment? FindPool(Segment segment, LogicalVolumes volumes) =>
        volumes.Find(segment.Section.Text("cache_pool"), segment.Section).Segments is [{ Type: PoolType } pool] ? pool : null;

    private static BlockSlice PartOf(BlockSource whole, ConfigurationSection section, string part)
    {
        long start = section.Number($"{part}_start", whole.Length / SectorSize) * SectorSize;
        long length = section.Number($"{part}_len", whole.Length / SectorSize) * SectorSize;
        return length <= whole.Length - start
            ? new BlockSlice(whole, start, length)
            : throw section.Wrong($"{part}_len", $"is {length / SectorSize} sectors from sector {start / SectorSize} of a volume with {whole.Length / SectorSize}");
    }
}
