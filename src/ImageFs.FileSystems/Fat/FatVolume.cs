using ImageFs.FileSystems.Clusters;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>Where everything is on a FAT volume, by its boot sector.</summary>
internal sealed class FatVolume
{
    private readonly long _rootAddress;
    private readonly long _rootLength;
    private readonly uint _rootCluster;

    /// <summary>Reads the boot sector.</summary>
    /// <exception cref="InvalidImageException">No volume can be made of it.</exception>
    public FatVolume(BlockSource source, OpenContext context)
    {
        Source = source;
        Cache = ClusterFileSystem.CacheFor(source, context.Memory);
        Span<byte> bytes = stackalloc byte[BootSector.Length];
        Cache.ReadAt(0, bytes);
        EarlyFloppy.Complete(source, bytes);
        var boot = new BootSector(bytes);
        if (boot.FindProblem() is string problem)
        {
            throw new InvalidImageException("boot sector", 0, problem, "fatgen103 3");
        }

        SectorSize = boot.BytesPerSector;
        TotalSectors = boot.TotalSectors;
        FatCount = boot.FatCount;
        _rootAddress = boot.FirstRootSector * SectorSize;
        _rootLength = boot.RootEntryCount * (long)EntryCursor.EntrySize;
        _rootCluster = boot.IsFat32 ? boot.RootCluster : 0;
        FsInfoAddress = boot.IsFat32 ? boot.FsInfoSector * (long)SectorSize : 0;
        OemName = boot.OemName.ToArray();
        VolumeLabel = boot.VolumeLabel.ToArray();
        VolumeId = boot.VolumeId;
        HasExtendedSignature = boot.HasExtendedSignature;

        TableAddress = boot.ReservedSectors * (long)SectorSize;
        TableLength = boot.FatSize * (long)SectorSize;
        IsMirrored = boot.IsMirrored;
        BackupBootSector = boot.BackupBootSector < boot.ReservedSectors ? boot.BackupBootSector : 0;
        Width = boot.Width;
        var heap = new ClusterHeap(boot.FirstDataSector * SectorSize, boot.SectorsPerCluster * SectorSize, (uint)boot.ClusterCount);
        if (boot.IsFat32 && !heap.Contains(_rootCluster))
        {
            string nowhere = $"its root directory is in cluster {_rootCluster} of {heap.Count}";
            throw new InvalidImageException("boot sector", 0, nowhere, "fatgen103 3.3");
        }

        int active = boot.ActiveFat;
        if (active >= FatCount)
        {
            context.Warn($"table {active} is said to be the active one of {FatCount}: the first is taken");
            active = 0;
        }

        Table = new FileAllocationTable(Cache, TableAddress + (active * TableLength), Width, heap);
        if (boot.IsDirty)
        {
            context.Warn("the volume was not properly unmounted: some data may be damaged");
        }

        VolumeLength.WarnIfCut(source, TotalSectors * (long)SectorSize, context.Warn);
    }

    /// <summary>The volume.</summary>
    public BlockSource Source { get; }

    /// <summary>The volume, for reading its structures.</summary>
    public BlockCache Cache { get; }

    /// <summary>FAT12, FAT16 or FAT32, by the number of clusters (fatgen103 3.5).</summary>
    public EntryWidth Width { get; }

    /// <summary>The links between clusters: the table in use.</summary>
    public FileAllocationTable Table { get; }

    /// <summary>The clusters.</summary>
    public ClusterHeap Heap => Table.Heap;

    /// <summary>Bytes in a sector.</summary>
    public int SectorSize { get; }

    /// <summary>Sectors of the volume.</summary>
    public uint TotalSectors { get; }

    /// <summary>Copies of the table.</summary>
    public int FatCount { get; }

    /// <summary>Where the first table begins.</summary>
    public long TableAddress { get; }

    /// <summary>Bytes of one table.</summary>
    public long TableLength { get; }

    /// <summary>Whether all tables are alike (BPB_ExtFlags).</summary>
    public bool IsMirrored { get; }

    /// <summary>The sector with a copy of the boot sector (BPB_BkBootSec); 0 when there is none.</summary>
    public int BackupBootSector { get; }

    /// <summary>BS_OEMName, padded.</summary>
    public byte[] OemName { get; }

    /// <summary>The boot sector's copy of the label, padded.</summary>
    public byte[] VolumeLabel { get; }

    /// <summary>The serial number.</summary>
    public uint VolumeId { get; }

    /// <summary>Whether the boot sector has serial number and label.</summary>
    public bool HasExtendedSignature { get; }

    private long FsInfoAddress { get; }

    /// <summary>The root directory (fatgen103 3.5).</summary>
    public ClusterDirectory OpenRoot() => Width == EntryWidth.Fat32
        ? OpenDirectory(_rootCluster)
        : new ClusterDirectory(new BlockSlice(Source, _rootAddress, _rootLength), ClusterChain.Empty);

    /// <summary>A directory by its first cluster.</summary>
    /// <param name="first">The first cluster.</param>
    public ClusterDirectory OpenDirectory(uint first)
    {
        ClusterChain chain = ClusterChain.Follow(Table, first, null, Heap.CountFor(ClusterFileSystem.MaxDirectoryLength));
        return new ClusterDirectory(new ClusterSource(Source, Heap, chain), chain);
    }

    /// <summary>Whether a cluster begins the root directory: no other directory can.</summary>
    public bool IsRoot(uint first) => first == 0 || first == _rootCluster;

    /// <summary>Whether directory entries can be at an address.</summary>
    public bool CanHoldEntries(long address) =>
        Heap.ClusterAt(address) != 0 || (address >= _rootAddress && address < _rootAddress + _rootLength);

    /// <summary>The first cluster of a file.</summary>
    public uint FirstCluster(ShortNameEntry entry) =>
        entry.FirstClusterLow | (Width == EntryWidth.Fat32 ? (uint)entry.FirstClusterHigh << 16 : 0);

    /// <summary>The number of free clusters that FSInfo has; null when it has none that is possible.</summary>
    public uint? RecordedFreeCount()
    {
        if (FsInfoAddress == 0)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[FsInfo.Length];
        try
        {
            Cache.ReadAt(FsInfoAddress, bytes);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }

        var info = new FsInfo(bytes);
        return info.IsValid && info.FreeCount <= Heap.Count ? info.FreeCount : null;
    }
}
