namespace ImageFs.Storage.Volumes.Lvm.Snapshot;

/// <summary>
/// Segments of the type "snapshot" (lib/snapshot/snapshot.c). A volume that is hidden has one: it names the origin, and the volume with the
/// exceptions. That one, or while they are merged the origin, is what users see the snapshot as.
/// </summary>
internal static class SnapshotSegment
{
    /// <summary>The type.</summary>
    public const string Type = "snapshot";

    private const string OriginKey = "origin";
    private const string StoreKey = "cow_store";
    private const string MergingKey = "merging_store";

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        ConfigurationSection section = segment.Section;
        string store = section.FindText(MergingKey) ?? section.Text(StoreKey);
        return SnapshotStore.Open(volumes.Open(section.Text(OriginKey), section), volumes.Open(store, section), segment.Length);
    }

    /// <summary>The volume that users see as the snapshot, or as the origin with the snapshot merged into it; null when none is named.</summary>
    /// <param name="segment">The segment.</param>
    public static string? ShownAs(Segment segment) => segment.Section.FindText(segment.Section.FindText(MergingKey) is null ? StoreKey : OriginKey);
}
