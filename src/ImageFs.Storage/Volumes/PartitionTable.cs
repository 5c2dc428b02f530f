using System.Globalization;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes;

/// <summary>One entry of a partition table.</summary>
/// <param name="Number">Its number, as Linux counts: from 1; logical partitions of an MBR from 5.</param>
/// <param name="Start">First byte, from the start of the disk.</param>
/// <param name="Length">Length in bytes.</param>
/// <param name="Type">What the table says it is for: a hexadecimal number in an MBR ("0x83"), a GUID in a GPT, a word in a map of Apple ("Apple_HFS").</param>
public sealed record Partition(int Number, long Start, long Length, string Type) : VolumeEntry(Number, Length, Type)
{
    /// <summary>Whether it is marked to boot from: active in an MBR, legacy BIOS bootable in a GPT.</summary>
    public bool IsBootable { get; init; }

    /// <summary>The session of a disc that it is a track of, from 1; null for a partition.</summary>
    public int? Session { get; init; }

    /// <inheritdoc/>
    public override string Key => $"{Number}";

    /// <inheritdoc/>
    public override bool IsNamed(string value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number == Number;
}

/// <summary>A partition table, read from a disk.</summary>
/// <param name="Disk">The disk.</param>
/// <param name="Kind">Its kind, by blkid's word: "dos", "gpt" or "mac"; "tracks" for a disc's.</param>
/// <param name="Id">The disk's identifier (PTUUID).</param>
/// <param name="Partitions">The partitions in use, by their number.</param>
public record PartitionTable(BlockSource Disk, string Kind, string Id, IReadOnlyList<Partition> Partitions) : VolumeSet(Kind, Id)
{
    /// <summary>Bytes of a sector: what its numbers count.</summary>
    public int SectorSize { get; init; } = SectorSizes.All[0];

    /// <summary>Whether it is the backup, whose first copy something else was written over.</summary>
    public bool IsFromBackup { get; init; }

    /// <summary>Whether a file system over the whole disk and its partitions cannot both be whole: tracks are what the disc's file system is on.</summary>
    public virtual bool IsRivalOfWhole => true;

    /// <summary>First byte of the file system that the disk has as a whole.</summary>
    public virtual long StartOfWhole => 0;

    /// <inheritdoc/>
    public sealed override IReadOnlyList<VolumeEntry> Entries => Partitions;

    /// <inheritdoc/>
    /// <remarks>What the image does not have is cut off, so that its end is where reading ends.</remarks>
    public override BlockSource Open(VolumeEntry entry, OpenContext context)
    {
        var partition = (Partition)entry;
        long start = Math.Min(partition.Start, Disk.Length);
        return new BlockSlice(Disk, start, Math.Min(partition.Length, Disk.Length - start));
    }

    /// <summary>Reads the partition table of a disk; null when it has none.</summary>
    /// <param name="disk">The whole disk.</param>
    /// <param name="sizes">What is known of its sectors.</param>
    /// <param name="warn">Called with what is wrong but harmless: a header that had to be taken from the backup.</param>
    /// <exception cref="InvalidImageException">There is a table, but it is damaged past use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn) =>
        VolumeFormats.All.OfType<PartitionTableFormat>().Select(format => format.Read(disk, sizes, warn)).FirstOrDefault(table => table is not null);
}

/// <summary>A format of partition tables: the disk is the one member, and all that it says is read when it is recognised.</summary>
internal abstract class PartitionTableFormat : VolumeFormat
{
    /// <inheritdoc/>
    public sealed override bool DividesDisks => true;

    /// <inheritdoc/>
    public sealed override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context) =>
        Read(source, sectors, context.Warn) is { } table ? new Member(table) : null;

    /// <inheritdoc/>
    public sealed override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => ((Member)members[0]).Table;

    /// <inheritdoc/>
    public override IEnumerable<Check> ChecksOf(BlockSource source, SectorSizes sectors) => PartitionChecks.Of(source, sectors);

    /// <summary>Reads the table of a disk; null when it has none of this format.</summary>
    /// <param name="disk">The whole disk.</param>
    /// <param name="sizes">What is known of its sectors.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    /// <exception cref="InvalidImageException">There is a table, but it is damaged past use.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal abstract PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn);

    private sealed record Member(PartitionTable Table) : VolumeMember(Table.Disk, SetId: null);
}
