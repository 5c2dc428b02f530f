using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf;

/// <summary>What every reader of a logical volume's structures needs to know of it.</summary>
internal sealed class UdfVolume
{
    // Linux's bound for the versions of a file on media that are written once.
    private const int MaxVersions = 1024;

    private const int CacheBlockSize = 8192;
    private const int IndirectIcbPlace = 36;

    private readonly BlockCache _cache;

    /// <summary>Opens the logical volume of an image.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public UdfVolume(BlockSource image, UdfOptions options, OpenContext context)
    {
        Image = image;
        Options = options;
        Descriptors = VolumeDescriptorSequence.Read(image, options, context.Warn);
        BlockSize = Descriptors.Anchor.BlockSize;
        Indexes = context.Memory.Indexes.ForOwner();
        _cache = new BlockCache(image, CacheBlockSize, context.Memory.Blocks);
        LogicalVolumeDescriptor volume = Descriptors.LogicalVolume;
        Maps = volume.ReadMaps();
        Integrity = Integrity.Read(image, volume.IntegritySequence, BlockSize, context.Warn);

        var partitions = new PartitionSet(this, context);
        Space = partitions.Space;
        partitions.Open();
        VirtualTable = partitions.VirtualTable;
        FileSetLocation = volume.FileSet.Start;
        FileSetBytes = new byte[BlockSize];
        ReadDescriptor(FileSetLocation, FileSetBytes, TagIdentifier.FileSetDescriptor);
    }

    /// <summary>The image.</summary>
    public BlockSource Image { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>The mount options.</summary>
    public UdfOptions Options { get; }

    /// <summary>The volume descriptors.</summary>
    public VolumeDescriptorSequence Descriptors { get; }

    /// <summary>The UDF revision: 0x0201 is 2.01; 0 when it is not told.</summary>
    public ushort Revision => Math.Max(Descriptors.LogicalVolume.Domain.Revision, Integrity?.MinReadRevision ?? 0);

    /// <summary>Bytes in a block: of the volume and of every partition.</summary>
    public int BlockSize { get; }

    /// <summary>How the partitions lie in the image.</summary>
    public IReadOnlyList<PartitionMap> Maps { get; }

    /// <summary>The integrity descriptor; null when there is none.</summary>
    public Integrity? Integrity { get; }

    /// <summary>All partitions; files have their extents here.</summary>
    public LogicalVolumeSpace Space { get; }

    /// <summary>The ICB of the virtual allocation table, of media that are written once; null of others.</summary>
    public LogicalBlock? VirtualTable { get; }

    /// <summary>Where the file set descriptor is.</summary>
    public LogicalBlock FileSetLocation { get; }

    /// <summary>The file set descriptor.</summary>
    public FileSetDescriptor FileSet => new(FileSetBytes);

    private byte[] FileSetBytes { get; }

    /// <summary>The partition that a map's blocks are in: that of the same number, which lies in the image.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public ushort FindPhysical(PartitionMap map)
    {
        for (ushort i = 0; i < Maps.Count; i++)
        {
            if (Maps[i].Number == map.Number && Maps[i].Kind is PartitionKind.Physical or PartitionKind.Sparable)
            {
                return i;
            }
        }

        throw new InvalidImageException("partition map", map.Address, $"partition {map.Number} has no map of its own", "UDF 2.60 2.2.8");
    }

    /// <summary>Reads metadata through the cache.</summary>
    /// <param name="source">A layer above the image: the space of partitions, or a file.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="ImageException">The bytes cannot be read.</exception>
    public void ReadAt(BlockSource source, long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            Extent extent = Locate(source, offset, destination.Length);
            Span<byte> part = destination[..(int)extent.Length];
            if (extent.IsZero)
            {
                part.Clear();
            }
            else
            {
                _cache.ReadAt(extent.Address, part);
            }

            destination = destination[part.Length..];
            offset += part.Length;
        }
    }

    /// <summary>Where a byte of a layer is in the image; 0 when it is nowhere there.</summary>
    public long FindAddress(BlockSource source, long offset) => Locate(source, offset, 1).Address;

    /// <summary>The number of a block as one of the image: Linux's inode number.</summary>
    /// <exception cref="ImageException">There is no such block.</exception>
    public ulong FindNumber(LogicalBlock block) => (ulong)(FindAddress(Space, Space.ToAddress(block)) / BlockSize);

    /// <summary>Reads a descriptor that is in a partition, and checks it; of one that is damaged, its second copy.</summary>
    /// <param name="location">Its block.</param>
    /// <param name="block">Takes the block; of its length.</param>
    /// <param name="expected">What it has to be; any of them will do.</param>
    /// <returns>Its address in <see cref="Space"/>.</returns>
    /// <exception cref="ImageException">It is none of these, or cannot be read.</exception>
    public long ReadDescriptor(LogicalBlock location, Span<byte> block, params ReadOnlySpan<TagIdentifier> expected)
    {
        long address = Space.ToAddress(location);
        try
        {
            ReadDescriptor(address, location, block, expected);
        }
        catch (Exception e) when (e is ImageException or LinuxException && Space.FindMirror(location) is not null)
        {
            address = Space.FindMirror(location)!.Value;
            ReadDescriptor(address, location, block, expected);
        }

        return address;
    }

    /// <summary>Reads the entry of a file: the last version, where an ICB has several (ECMA-167 4/8.10).</summary>
    /// <param name="icb">The block that the file's ICB begins with.</param>
    /// <param name="block">Takes its block; of a block's length.</param>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    public FileEntry ReadFileEntry(LogicalBlock icb, Span<byte> block)
    {
        using var next = new PooledBuffer(BlockSize);
        for (int version = 0; ; version++)
        {
            long address = ReadDescriptor(icb, block, TagIdentifier.FileEntry, TagIdentifier.ExtendedFileEntry);
            var entry = new FileEntry(block, icb, address, FindAddress(Space, address));
            if (entry.Strategy is not (4 or 4096))
            {
                throw new UnsupportedFeatureException($"strategy {entry.Strategy} of the ICB at 0x{entry.Address:X}", "ECMA-167 4/A");
            }

            if (entry.Strategy == 4 || !TryReadIndirect(icb, next.Span, out LogicalBlock newer))
            {
                return entry;
            }

            if (version == MaxVersions)
            {
                throw entry.Invalid($"its ICB leads on more than {MaxVersions} times");
            }

            icb = newer;
        }
    }

    /// <summary>A file's contents, as extents of <see cref="Space"/>.</summary>
    public MappedSource OpenContents(FileEntry entry) => new(Space, FileExtents.Read(this, entry));

    private void ReadDescriptor(long address, LogicalBlock location, Span<byte> block, ReadOnlySpan<TagIdentifier> expected)
    {
        ReadAt(Space, address, block);
        DescriptorTag.Check(block, location.Block, FindAddress(Space, address), expected);
    }

    /// <summary>Whether there is an indirect entry after an entry, that leads to a newer version (UDF 2.3.5.1).</summary>
    private bool TryReadIndirect(LogicalBlock icb, Span<byte> block, out LogicalBlock newer)
    {
        newer = default;
        var location = new LogicalBlock(icb.Partition, unchecked(icb.Block + 1));
        long address = Space.ToAddress(location);
        if (location.Block == 0 || !Space.Contains(location))
        {
            return false;
        }

        ReadAt(Space, address, block);
        if (new DescriptorTag(block).Identifier != TagIdentifier.IndirectEntry)
        {
            return false;
        }

        DescriptorTag.Check(block, location.Block, FindAddress(Space, address), TagIdentifier.IndirectEntry);
        AllocationDescriptor indirect = AllocationDescriptor.ReadLong(block[IndirectIcbPlace..]);
        newer = indirect.Start;
        return indirect.Length > 0;
    }

    /// <summary>An extent of the image, or one of zeros.</summary>
    private Extent Locate(BlockSource source, long offset, long maxLength)
    {
        long address = offset;
        long length = maxLength;
        while (!ReferenceEquals(source, Image))
        {
            if (address >= source.Length)
            {
                throw new TruncatedImageException(address, source.Length);
            }

            Extent extent = source.Map(address, Math.Min(length, source.Length - address), out source);
            length = extent.Length;
            address = extent.Address;
            if (extent.Kind != ExtentKind.Mapped)
            {
                return new Extent(offset, length, extent.Kind, 0);
            }
        }

        return address < Image.Length
            ? Extent.Mapped(offset, Math.Min(length, Image.Length - address), address)
            : throw new TruncatedImageException(address, Image.Length);
    }
}
