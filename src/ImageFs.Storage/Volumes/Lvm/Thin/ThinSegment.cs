namespace ImageFs.Storage.Volumes.Lvm.Thin;

/// <summary>Segments of the type "thin": a device of a pool, which is a volume too (lib/thin/thin.c).</summary>
internal static class ThinSegment
{
    /// <summary>The type.</summary>
    public const string Type = "thin";

    /// <summary>The type of a pool's segment.</summary>
    public const string PoolType = "thin-pool";

    private const int SectorSize = 512;

    // THIN_MAX_DEV_ID.
    private const long MaxDevice = (1 << 24) - 1;

    /// <summary>Makes its bytes.</summary>
    public static BlockSource Open(Segment segment, LogicalVolumes volumes)
    {
        ConfigurationSection section = segment.Section;
        LogicalVolume poolVolume = volumes.Find(section.Text("thin_pool"), section);
        ThinPool pool = volumes.Share(poolVolume.Name, () => OpenPool(poolVolume, volumes));
        BlockSource? externalOrigin = section.FindText("external_origin") is { } origin ? volumes.Open(origin, section) : null;
        return pool.OpenVolume(section.Number("device_id", MaxDevice), segment.Length, externalOrigin);
    }

    /// <summary>The volume that users see this one in the place of, because it is to be merged into it; null when it is not.</summary>
    /// <param name="segment">The segment.</param>
    public static string? ShownAs(Segment segment) => segment.Section.FindText("merge");

    /// <summary>What a pool lies on.</summary>
    /// <param name="segment">The pool's segment.</param>
    /// <param name="volumes">The volumes of its group.</param>
    public static (BlockSource Metadata, BlockSource Data) OpenParts(Segment segment, LogicalVolumes volumes) =>
        (volumes.Open(segment.Section.Text("metadata"), segment.Section), volumes.Open(segment.Section.Text("pool"), segment.Section));

    private static ThinPool OpenPool(LogicalVolume volume, LogicalVolumes volumes)
    {
        if (volume.Segments is not [{ Type: PoolType } segment])
        {
            throw volume.Section.Wrong("it is no thin pool, and a thin volume lies on it");
        }

        (BlockSource metadata, BlockSource data) = OpenParts(segment, volumes);
        ThinPool pool = ThinPool.Open(metadata, data, volumes.Context.Memory);
        long chunkSize = segment.Section.Number("chunk_size", uint.MaxValue) * SectorSize;
        if (pool.BlockSize != chunkSize)
        {
            throw segment.Section.Wrong("chunk_size", $"is {chunkSize} bytes, and the pool's own metadata says {pool.BlockSize}");
        }

        string name = $"thin pool {volumes.Group.Name}/{volume.Name}";
        if (pool.TransactionId != (ulong)segment.Section.Number("transaction_id"))
        {
            volumes.Context.Warn($"{name} is at transaction {pool.TransactionId}, and its volume group at {segment.Section.Number("transaction_id")}: a volume may be missing, or one that was removed be there");
        }

        if (pool.NeedsCheck)
        {
            volumes.Context.Warn($"{name} needs a check: Linux does not write to it any more (thin_check, lvconvert --repair)");
        }

        return pool;
    }
}
