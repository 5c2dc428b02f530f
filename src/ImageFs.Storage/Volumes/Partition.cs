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
