using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Times;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Fat;

/// <summary>A FAT12, FAT16 or FAT32 file system, as Linux's vfat shows it.</summary>
internal sealed class FatFileSystem(FatVolume volume, FatOptions options, MemoryBudget memory) : ClusterFileSystem(memory)
{
    private const uint MaxNameLength = 255;

    private readonly ShortName _shortName = new(options.CodePage, options.Display, options.Charset);
    private readonly FatNames _names = new(options.IsCaseSensitive, options.Charset);
    private readonly FreeClusters _freeClusters = new(
        () => (options.UseFreeCount ? volume.RecordedFreeCount() : null) ?? volume.Table.CountFree(volume.Source),
        () => volume.RecordedFreeCount() ?? 0);

    /// <inheritdoc/>
    public override string Format => FatFormat.LinuxName;

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)Heap.ClusterSize,
        Blocks = Heap.Count,
        FreeBlocks = _freeClusters.Count,
        MaxNameLength = MaxNameLength,
    };

    /// <inheritdoc/>
    protected override ClusterHeap Heap => volume.Heap;

    /// <inheritdoc/>
    protected override BlockSource Source => volume.Source;

    /// <inheritdoc/>
    protected override ClusterOptions Options => options;

    /// <inheritdoc/>
    public override FileSystemChecks Checks => new() { Structures = new FatChecks(volume).All };

    /// <summary>What tells a volume from others.</summary>
    public static VolumeIdentity Identify(FatVolume volume, FatOptions options) =>
        new(FatFormat.LinuxName, FindLabel(volume, options) ?? string.Empty, FindUuid(volume) ?? string.Empty);

    /// <inheritdoc/>
    public override ImageDescription Describe() => new ImageDescription(FatFormat.LinuxName)
        .With("label", FindLabel(volume, options))
        .With("uuid", FindUuid(volume))
        .With("fat", $"FAT{(int)volume.Width}")
        .With("oem-name", options.CodePage.ToText(volume.OemName))
        .With("sector-size", (long)volume.SectorSize)
        .With("sectors", (long)volume.TotalSectors)
        .With("cluster-size", (long)Heap.ClusterSize)
        .With("clusters", (long)Heap.Count)
        .With("fats", (long)volume.FatCount);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        if (node == Root)
        {
            return DescribeDirectory(node, isReadOnly: false);
        }

        Span<byte> bytes = stackalloc byte[EntryCursor.EntrySize];
        return Describe(node, ReadEntry(node, bytes));
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry) => entry.Record.IsEmpty
        ? GetAttributes(entry.Node)
        : Describe(entry.Node, new ShortNameEntry(entry.Record));

    private NodeAttributes Describe(NodeId node, ShortNameEntry entry)
    {
        bool isReadOnly = entry.Attributes.HasFlag(EntryAttributes.ReadOnly);
        NodeAttributes attributes = entry.IsDirectory
            ? DescribeDirectory(node, isReadOnly && options.ReadOnlyDirectories)
            : DescribeFile(node, entry.FileSize, isReadOnly, IsExecutable(entry));
        Timestamp written = ReadTime(entry.WriteDate, entry.WriteTime);
        return attributes with
        {
            ModifyTime = written,
            ChangeTime = written,
            AccessTime = ReadTime(entry.AccessDate, 0),
            BirthTime = ReadTime(entry.CreationDate, entry.CreationTime, entry.CreationHundredths),
        };
    }

    /// <inheritdoc/>
    protected override BlockSource LocateFile(NodeId node)
    {
        Span<byte> bytes = stackalloc byte[EntryCursor.EntrySize];
        ShortNameEntry entry = ReadEntry(node, bytes);
        if (entry.IsDirectory)
        {
            throw new InvalidImageException("directory entry", ToAddress(node), "it is not that of a file", "fatgen103 6");
        }

        long length = entry.FileSize;
        ClusterChain chain = length == 0
            ? ClusterChain.Empty
            : ClusterChain.Follow(volume.Table, volume.FirstCluster(entry), Heap.CountFor(length), Heap.Count);
        return new ClusterSource(volume.Source, Heap, chain, length, length);
    }

    /// <inheritdoc/>
    protected override DirectoryReader MakeReader(IdleReaders idle) =>
        new FatDirectoryReader(new EntryCursor(volume.Cache) { PassesOverZeros = true }, idle, volume, _shortName, _names);

    /// <inheritdoc/>
    protected override ClusterDirectory LocateDirectory(NodeId directory)
    {
        if (directory == Root)
        {
            return volume.OpenRoot();
        }

        Span<byte> bytes = stackalloc byte[EntryCursor.EntrySize];
        ShortNameEntry entry = ReadEntry(directory, bytes);
        uint first = volume.FirstCluster(entry);
        if (!entry.IsDirectory || volume.IsRoot(first))
        {
            string problem = entry.IsDirectory ? "a directory that begins where the root directory does" : "it is not that of a directory";
            throw new InvalidImageException("directory entry", ToAddress(directory), problem, "fatgen103 6");
        }

        return volume.OpenDirectory(first);
    }

    /// <summary>As in Linux, dots at the end do not count.</summary>
    protected override ReadOnlySpan<byte> TrimName(ReadOnlySpan<byte> name) => name.TrimEnd((byte)'.');

    /// <inheritdoc/>
    protected override uint HashName(ReadOnlySpan<byte> name) => _names.Hash(name);

    private ShortNameEntry ReadEntry(NodeId node, Span<byte> bytes)
    {
        long address = ToAddress(node);
        if (!volume.CanHoldEntries(address))
        {
            throw new InvalidImageException("directory entry", address, "there is no directory", "fatgen103 6");
        }

        volume.Cache.ReadAt(address, bytes);
        var entry = new ShortNameEntry(bytes);
        return entry.IsFree || entry.IsVolumeLabel
            ? throw new InvalidImageException("directory entry", address, "it is not that of a file", "fatgen103 6")
            : entry;
    }

    // A month that does not exist (13 to 15) counts in Linux as if no month had gone by, except for the leap day.
    private Timestamp ReadTime(ushort date, ushort time, byte hundredths = 0)
    {
        const int MonthShift = 5;
        const ushort MonthMask = 0xF << MonthShift;
        const int MonthsOfYear = 12;
        if ((date & MonthMask) >> MonthShift <= MonthsOfYear)
        {
            return DosTime.Read(date, time, hundredths, options.AheadOfUtc);
        }

        Timestamp counted = DosTime.Read((ushort)((date & ~MonthMask) | (1 << MonthShift)), time, hundredths, options.AheadOfUtc);
        return DateTime.IsLeapYear(DosTime.FirstYear + (date >> 9)) ? counted with { Seconds = counted.Seconds + DosTime.SecondsPerDay } : counted;
    }

    private bool IsExecutable(ShortNameEntry entry)
    {
        ReadOnlySpan<byte> extension = entry.Name[^3..];
        return !options.OnlyProgramsExecutable
            || extension.SequenceEqual("EXE"u8) || extension.SequenceEqual("COM"u8) || extension.SequenceEqual("BAT"u8);
    }

    /// <summary>The label in the root directory, or that of the boot sector, as blkid does.</summary>
    private static string? FindLabel(FatVolume volume, FatOptions options)
    {
        var cursor = new EntryCursor(volume.Cache) { PassesOverZeros = true };
        cursor.Begin(volume.OpenRoot().Contents, 0);
        while (cursor.MoveNext())
        {
            var entry = new ShortNameEntry(cursor.Current);
            if (entry.IsVolumeLabel && !entry.IsLongName && !entry.IsDirectory && !entry.IsFree)
            {
                return ToLabel(entry.Name, options);
            }
        }

        return volume.HasExtendedSignature ? ToLabel(volume.VolumeLabel, options) : null;
    }

    private static string? FindUuid(FatVolume volume) => volume.HasExtendedSignature ? ToUuid(volume.VolumeId) : null;

    private static string? ToLabel(ReadOnlySpan<byte> field, FatOptions options) =>
        field.SequenceEqual("NO NAME    "u8) ? null : options.CodePage.ToText(field);
}
