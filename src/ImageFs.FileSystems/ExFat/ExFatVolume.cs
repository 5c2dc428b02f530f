using ImageFs.FileSystems.Bitmaps;
using ImageFs.FileSystems.Clusters;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.ExFat;

/// <summary>Where everything is on an exFAT volume, by its boot region and root directory.</summary>
internal sealed class ExFatVolume
{
    private readonly uint _rootCluster;
    private readonly bool _isSecondActive;
    private readonly FreeClusters _freeClusters;
    private BlockSource? _bitmap;

    /// <summary>Reads the boot region and what the root directory says of the volume.</summary>
    /// <exception cref="InvalidImageException">No volume can be made of it.</exception>
    public ExFatVolume(BlockSource source, OpenContext context)
    {
        Source = source;
        Cache = ClusterFileSystem.CacheFor(source, context.Memory);
        Span<byte> bytes = stackalloc byte[BootSector.Length];
        BootRegion.Read(Cache, bytes, context.Warn);
        var boot = new BootSector(bytes);
        SectorSize = 1 << boot.BytesPerSectorShift;
        Sectors = (long)Math.Min(boot.VolumeLength, long.MaxValue);
        Serial = boot.VolumeSerialNumber;
        Revision = boot.FileSystemRevision;
        FatCount = boot.NumberOfFats;
        _rootCluster = boot.FirstClusterOfRootDirectory;
        _isSecondActive = FatCount == 2 && boot.VolumeFlags.HasFlag(VolumeFlags.ActiveFat);
        PercentInUse = boot.PercentInUse;
        _freeClusters = new FreeClusters(CountFree, GuessFree);
        var heap = new ClusterHeap(boot.ClusterHeapOffset * (long)SectorSize, SectorSize << boot.SectorsPerClusterShift, boot.ClusterCount);
        long table = (boot.FatOffset + (_isSecondActive ? boot.FatLength : 0L)) * SectorSize;
        Table = new FileAllocationTable(Cache, table, EntryWidth.ExFat, heap);
        if (boot.VolumeFlags.HasFlag(VolumeFlags.VolumeDirty))
        {
            context.Warn("the volume was not properly unmounted: some data may be damaged");
        }

        if (boot.VolumeFlags.HasFlag(VolumeFlags.MediaFailure))
        {
            context.Warn("the medium has had failures: some data may be lost");
        }

        VolumeLength.WarnIfCut(source, Math.Min(Sectors, long.MaxValue / SectorSize) * SectorSize, context.Warn);

        ReadRoot(context.Warn);
    }

    /// <summary>The volume.</summary>
    public BlockSource Source { get; }

    /// <summary>The volume, for reading its structures.</summary>
    public BlockCache Cache { get; }

    /// <summary>The links between clusters: the table in use.</summary>
    public FileAllocationTable Table { get; }

    /// <summary>The clusters.</summary>
    public ClusterHeap Heap => Table.Heap;

    /// <summary>Bytes in a sector.</summary>
    public int SectorSize { get; }

    /// <summary>Sectors of the volume.</summary>
    public long Sectors { get; }

    /// <summary>Tables.</summary>
    public int FatCount { get; }

    /// <summary>VolumeSerialNumber.</summary>
    public uint Serial { get; }

    /// <summary>FileSystemRevision.</summary>
    public ushort Revision { get; }

    /// <summary>The volume's label; null when it has none.</summary>
    public string? Label { get; private set; }

    /// <summary>The volume's GUID; null when it has none.</summary>
    public Guid? Guid { get; private set; }

    /// <summary>How names are compared.</summary>
    public UpcaseTable Upcase { get; private set; } = UpcaseTable.Default;

    private byte PercentInUse { get; }

    /// <summary>Free clusters, by the allocation bitmap.</summary>
    public uint FreeClusters => _freeClusters.Count;

    /// <summary>The root directory.</summary>
    public ClusterDirectory OpenRoot()
    {
        long max = Heap.CountFor(ClusterFileSystem.MaxDirectoryLength);
        return OpenDirectory(ClusterChain.Follow(Table, _rootCluster, null, max), isContiguous: false);
    }

    /// <summary>A directory by its clusters.</summary>
    /// <param name="chain">The clusters.</param>
    /// <param name="isContiguous">Whether they follow one another without links.</param>
    public ClusterDirectory OpenDirectory(ClusterChain chain, bool isContiguous) =>
        new(new ClusterSource(Source, Heap, chain), chain) { IsContiguous = isContiguous };

    /// <summary>The clusters that hold a number of bytes.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="length">The bytes.</param>
    /// <param name="isContiguous">Whether they follow one another without links.</param>
    public ClusterChain OpenChain(uint first, long length, bool isContiguous)
    {
        long clusters = Heap.CountFor(length);
        return clusters == 0 ? ClusterChain.Empty
            : isContiguous ? ClusterChain.Contiguous(Heap, first, clusters)
            : ClusterChain.Follow(Table, first, clusters, Heap.Count);
    }

    /// <summary>Checks that the clusters of an extent are in use by the allocation bitmap (7.1.5).</summary>
    /// <param name="address">Where the extent begins, in the cluster heap.</param>
    /// <param name="length">Its bytes.</param>
    /// <exception cref="ImageException">One is free, or the bitmap cannot be read.</exception>
    public void CheckAllocated(long address, long length)
    {
        uint first = Heap.ClusterAt(address) - ClusterHeap.FirstCluster;
        uint last = Heap.ClusterAt(address + length - 1) - ClusterHeap.FirstCluster;
        Span<byte> bits = stackalloc byte[1];
        for (uint cluster = first; _bitmap is not null && cluster <= last; cluster++)
        {
            if (cluster == first || cluster % 8 == 0)
            {
                _bitmap.ReadAt(cluster / 8, bits);
            }

            if ((bits[0] & (1 << (int)(cluster % 8))) == 0)
            {
                throw new InvalidImageException(
                    "allocation bitmap", _bitmap.Locate(cluster / 8, 1).Address, $"cluster {cluster + ClusterHeap.FirstCluster} is a file's, and free", "exFAT 7.1.5");
            }
        }
    }

    private void ReadRoot(Action<string> warn)
    {
        bool hasUpcase = false;
        var cursor = new EntryCursor(Cache);
        cursor.Begin(OpenRoot().Contents, 0);
        while (cursor.MoveNext() && cursor.Current[0] != EntryType.EndOfDirectory)
        {
            var entry = new VolumeEntry(cursor.Current);
            switch (entry.Type)
            {
                case EntryType.AllocationBitmap when entry.IsSecondBitmap == _isSecondActive:
                    _bitmap ??= OpenStructure(entry, Heap.Count);
                    break;
                case EntryType.UpcaseTable when !hasUpcase:
                    hasUpcase = true;
                    ReadUpcaseTable(entry, cursor.Address, warn);
                    break;
                case EntryType.VolumeLabel:
                    Label ??= entry.Label;
                    break;
                case EntryType.VolumeGuid:
                    Guid ??= entry.Guid;
                    break;
                default:
                    break;
            }
        }

        if (!hasUpcase || _bitmap is null)
        {
            warn($"the root directory has no {(hasUpcase ? "allocation bitmap" : "up-case table")}");
        }
    }

    private void ReadUpcaseTable(VolumeEntry entry, long address, Action<string> warn)
    {
        try
        {
            BlockSource table = OpenStructure(entry, UpcaseTable.MaxLength)
                ?? throw new InvalidImageException("up-case table", address, $"it has {entry.DataLength} bytes", "exFAT 7.2.4");
            byte[] bytes = new byte[table.Length];
            table.ReadAt(0, bytes);
            uint sum = UpcaseTable.Checksum(bytes);
            Upcase = sum == entry.TableChecksum
                ? new UpcaseTable(bytes)
                : throw new InvalidImageException(
                    "up-case table", address, $"its sum is 0x{sum:X8}, recorded is 0x{entry.TableChecksum:X8}", "exFAT 7.2.2");
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            warn($"{e.Message}: letters are compared as Unicode has them");
        }
    }

    private ClusterSource? OpenStructure(VolumeEntry entry, long maxLength)
    {
        if (entry.DataLength > (ulong)maxLength)
        {
            return null;
        }

        long length = (long)entry.DataLength;
        return new ClusterSource(Source, Heap, OpenChain(entry.FirstCluster, length, isContiguous: false), length, length);
    }

    private uint CountFree()
    {
        if (_bitmap is null)
        {
            return GuessFree();
        }

        // Bits after the last cluster mean nothing (7.1.5).
        return (uint)(Heap.Count - Bitmap.CountSet(_bitmap, 0, Heap.Count));
    }

    /// <summary>By the boot sector, in hundredths of the volume; all are taken for used when that is not known (3.1.18).</summary>
    private uint GuessFree() => PercentInUse <= 100 ? (uint)(Heap.Count * (100L - PercentInUse) / 100) : 0;
}
