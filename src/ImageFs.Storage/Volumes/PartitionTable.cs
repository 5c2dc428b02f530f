namespace ImageFs.Storage.Volumes;

/// <summary>A partition table, read from a disk.</summary>
/// <param name="Kind">Its kind, by blkid's word: "dos", "gpt" or "mac"; "tracks" for a disc's.</param>
/// <param name="Id">The disk's identifier (PTUUID).</param>
/// <param name="Partitions">The partitions in use, by their number.</param>
public sealed record PartitionTable(string Kind, string Id, IReadOnlyList<Partition> Partitions)
{
    /// <summary>Bytes of a sector: what its numbers count.</summary>
    public int SectorSize { get; init; } = SectorSizes.All[0];

    /// <summary>Whether it is the backup, whose first copy something else was written over.</summary>
    public bool IsFromBackup { get; init; }

    /// <summary>Reads the partition table of a disk; null when it has none.</summary>
    /// <param name="disk">The whole disk.</param>
    /// <param name="sizes">What is known of its sectors.</param>
    /// <param name="warn">Hears of what is wrong but harmless: a header that had to be taken from the backup.</param>
    /// <exception cref="InvalidImageException">There is a table, but it is damaged past use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn) =>
        GuidPartitionTable.Read(disk, sizes, warn) ?? MasterBootRecord.Read(disk, sizes, warn) ?? ApplePartitionMap.Read(disk, sizes, warn);
}
