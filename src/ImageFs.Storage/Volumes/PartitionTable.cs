namespace ImageFs.Storage.Volumes;

/// <summary>One entry of a partition table.</summary>
/// <param name="Number">Its number, as Linux counts: from 1; logical partitions of an MBR from 5.</param>
/// <param name="Start">First byte, from the start of the disk.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Type">What the table says it is for: a hexadecimal number in an MBR ("0x83"), a GUID in a GPT, a word in a map of Apple ("Apple_HFS").</param>
public sealed record Partition(int Number, long Start, long Length, string Type)
{
    /// <summary>The name in a GPT or a map of Apple; empty in an MBR.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary>The partition's own identifier (PARTUUID), as the kernel and blkid form it.</summary>
    public string Uuid { get; init; } = string.Empty;

    /// <summary>Whether it is marked to boot from: active in an MBR, legacy BIOS bootable in a GPT.</summary>
    public bool IsBootable { get; init; }

    /// <summary>The session of a disc that it is a track of, from 1; null for a partition.</summary>
    public int? Session { get; init; }

    /// <summary>Whether it only holds others: the extended partition of an MBR.</summary>
    public bool IsContainer { get; init; }
}

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
    /// <param name="warn">Called with what is wrong but harmless: a header that had to be taken from the backup.</param>
    /// <exception cref="InvalidImageException">There is a table, but it is damaged past use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn) =>
        GuidPartitionTable.Read(disk, sizes, warn) ?? MasterBootRecord.Read(disk, sizes, warn) ?? ApplePartitionMap.Read(disk, sizes, warn);
}
