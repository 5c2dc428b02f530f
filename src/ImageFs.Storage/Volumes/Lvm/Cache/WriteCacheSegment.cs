namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>Segments of the type "writecache" (lib/writecache/writecache.c): an origin, and a volume with what was written to it last.</summary>
internal static class WriteCacheSegment
{
    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        ConfigurationSection section = segment.Section;
        return WriteCache.Open(volumes.Open(section.Text("origin"), section), volumes.Open(section.Text("writecache"), section), segment.Length);
    }
}
