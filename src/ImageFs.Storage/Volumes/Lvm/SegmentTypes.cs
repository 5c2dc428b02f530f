using ImageFs.Storage.Volumes.Lvm.Cache;
using ImageFs.Storage.Volumes.Lvm.Snapshot;
using ImageFs.Storage.Volumes.Lvm.Thin;

namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>Makes the bytes of a segment.</summary>
/// <param name="segment">The segment.</param>
/// <param name="volumes">The volumes of its group, which it may lie on.</param>
/// <exception cref="ImageException">It cannot be made: a physical volume is missing, or the metadata is damaged.</exception>
internal delegate BlockSource SegmentOpener(Segment segment, LogicalVolumes volumes);

/// <summary>How segments become sources, by LVM's word for the type. A further type is a line here, and a class that makes it.</summary>
internal static class SegmentTypes
{
    private static readonly Dictionary<string, SegmentOpener> s_openers = new(RaidSegment.Types.Select(type => KeyValuePair.Create<string, SegmentOpener>(type, RaidSegment.Open)), StringComparer.Ordinal)
    {
        ["mirror"] = MirrorSegment.Open,
        ["striped"] = StripedSegment.Open,
        ["linear"] = StripedSegment.Open,
        [ThinSegment.Type] = ThinSegment.Open,
        [SnapshotSegment.Type] = SnapshotSegment.Open,
        [CacheSegment.Type] = CacheSegment.Open,
        ["writecache"] = WriteCacheSegment.Open,
        ["error"] = static (segment, _) => new ErrorSource(segment.Length),
        ["zero"] = static (segment, _) => new MappedSource(MemorySource.Empty, new ExtentMapBuilder().Append(segment.Length, ExtentKind.Hole).Build()),
    };

    /// <summary>Types whose volumes only keep what others are made of, visible or not.</summary>
    private static readonly string[] s_pools = ["thin-pool", "cache-pool", "vdo-pool"];

    /// <summary>Types that are known and not read: what each is, and what to do.</summary>
    private static readonly Dictionary<string, string> s_refused = new(StringComparer.Ordinal)
    {
        ["vdo"] = "compressed and deduplicated by VDO",
        ["vdo-pool"] = "the pool of volumes that VDO compresses and deduplicates",
        ["integrity"] = "with checksums by dm-integrity; lvconvert --raidintegrity n takes them away",
        ["thin-pool"] = "a pool, which only its thin volumes are read from",
        ["cache-pool"] = "a pool, which only the volumes that it caches are read with",
        ["era"] = "by dm-era, which records when blocks were written",
        ["clone"] = "by dm-clone, a copy that is being made",
    };

    /// <summary>
    /// Words behind a type that change nothing for who reads (lib/format_text/flags.c): RESHAPE is told by the superblocks of the array, too.
    /// </summary>
    private static readonly string[] s_flags = ["METADATA_FORMAT", "CROP_METADATA", "CACHE_VOL", "CACHE_USES_CACHEVOL", "RESHAPE", "RESHAPE_DATA_OFFSET", "RESHAPE_DELTA_DISKS_PLUS", "RESHAPE_DELTA_DISKS_MINUS"];

    /// <summary>Makes the bytes of a segment.</summary>
    /// <exception cref="UnsupportedFeatureException">Its type is not read.</exception>
    /// <exception cref="ImageException">It cannot be made.</exception>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        if (segment.Flags.FirstOrDefault(flag => !s_flags.Contains(flag)) is { } unknown)
        {
            throw new UnsupportedFeatureException($"LVM segments of the type {segment.Type}+{unknown}");
        }

        return s_openers.TryGetValue(segment.Type, out SegmentOpener? opener) ? opener(segment, volumes)
            : throw new UnsupportedFeatureException($"LVM segments of the type {segment.Type}{(s_refused.TryGetValue(segment.Type, out string? what) ? $" ({what})" : string.Empty)}");
    }

    /// <summary>Whether a volume keeps what others are made of, and has no bytes for users.</summary>
    public static bool IsPool(LogicalVolume volume) => volume.Segments is [{ Type: var type }, ..] && s_pools.Contains(type);

    /// <summary>What a volume is, for people: "linear", "striped", "raid1".</summary>
    public static string NameOf(LogicalVolume volume) => string.Join(", ", volume.Segments.Select(NameOf).Distinct());

    private static string NameOf(Segment segment) => segment.Type is "striped" && StripedSegment.IsLinear(segment) ? "linear" : segment.Type;
}

/// <summary>A segment of which every read fails, as of what was lost (vgreduce, dm-error).</summary>
/// <param name="length">Length in bytes.</param>
internal sealed class ErrorSource(long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, length - offset), ExtentKind.Own, 0);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination) =>
        throw new TruncatedImageException("the bytes lie in an error segment: LVM has put it in the place of what was lost");
}
