using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>Opens the partitions of a logical volume: first those that lie in the image, then those that are made of files in these.</summary>
internal sealed class PartitionSet
{
    // UDF has the table's ICB in the last block that was recorded (2.2.11); drives and copies of discs add some after it.
    private const int MaxBlocksBehindTable = 512;

    private const uint NoBlock = uint.MaxValue;

    private readonly UdfVolume _volume;
    private readonly OpenContext _context;
    private readonly BlockSource[] _partitions;
    private readonly BlockSource[] _mirrors;

    /// <param name="volume">The logical volume: its maps were read.</param>
    /// <param name="context">What the volume is opened with.</param>
    public PartitionSet(UdfVolume volume, OpenContext context)
    {
        _volume = volume;
        _context = context;

        // One that is not opened yet has no blocks.
        _partitions = new BlockSource[volume.Maps.Count];
        _mirrors = new BlockSource[volume.Maps.Count];
        Array.Fill(_partitions, new MemorySource(default));
        Array.Fill(_mirrors, new MemorySource(default));
        Space = new LogicalVolumeSpace(_partitions, _mirrors, volume.BlockSize);
    }

    /// <summary>The partitions.</summary>
    public LogicalVolumeSpace Space { get; }

    /// <summary>The ICB of the virtual allocation table; null when there is none.</summary>
    public LogicalBlock? VirtualTable { get; private set; }

    /// <summary>Opens all.</summary>
    /// <exception cref="ImageException">One is damaged.</exception>
    public void Open()
    {
        ForEach(map => map.Kind is PartitionKind.Physical or PartitionKind.Sparable, (map, _) => OpenInImage(map));
        ForEach(map => map.Kind == PartitionKind.Virtual, OpenVirtual);
        ForEach(map => map.Kind == PartitionKind.Metadata, OpenMetadata);
    }

    private void ForEach(Predicate<PartitionMap> isMeant, Func<PartitionMap, ushort, BlockSource> open)
    {
        for (int i = 0; i < _partitions.Length; i++)
        {
            PartitionMap map = _volume.Maps[i];
            if (isMeant(map))
            {
                _partitions[i] = open(map, _volume.FindPhysical(map));
                _mirrors[i] = (_partitions[i] as MirroredSource)?.Mirror ?? _mirrors[i];
            }
        }
    }

    private BlockSource OpenInImage(PartitionMap map)
    {
        PartitionDescriptor descriptor = _volume.Descriptors.FindPartition(map.Number);
        long start = (long)descriptor.StartingLocation * _volume.BlockSize;
        long length = (long)descriptor.PartitionLength * _volume.BlockSize;
        return map.Kind == PartitionKind.Physical
            ? new BlockSlice(_volume.Image, start, length)
            : new MappedSource(_volume.Image, SparingTable.Layout(_volume.Image, map, start, length, _volume.BlockSize, _context.Warn));
    }

    private VirtualPartition OpenVirtual(PartitionMap map, ushort physical)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        long start = _volume.Descriptors.FindPartition(map.Number).StartingLocation;
        long last = Math.Min(_volume.Options.LastBlock ?? long.MaxValue, (_volume.Image.Length / _volume.BlockSize) - 1);
        for (long place = last; place >= Math.Max(start, last - MaxBlocksBehindTable); place--)
        {
            var icb = new LogicalBlock(physical, (uint)Math.Min(place - start, uint.MaxValue));
            if (VirtualAllocationTable.TryOpen(_volume, icb, block.Span) is { } entries)
            {
                VirtualTable = icb;
                return new VirtualPartition(entries, _partitions[physical], _volume.BlockSize, _context.Memory.Blocks);
            }
        }

        throw new InvalidImageException(
            VirtualAllocationTable.Name, last * _volume.BlockSize, "there is none at the end of what was recorded: lastblock= takes the block that is", VirtualAllocationTable.Clause);
    }

    private BlockSource OpenMetadata(PartitionMap map, ushort physical)
    {
        BlockSource? mirror = null;
        try
        {
            mirror = OpenMetadataFile(new LogicalBlock(physical, map.MetadataMirrorFile), FileType.MetadataMirror);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            _context.Warn($"metadata mirror file: {e.Message}");
        }

        try
        {
            BlockSource main = OpenMetadataFile(new LogicalBlock(physical, map.MetadataFile), FileType.Metadata);
            return mirror is null ? main : new MirroredSource(main, mirror);
        }
        catch (Exception e) when (mirror is not null && e is ImageException or LinuxException)
        {
            _context.Warn($"metadata file: {e.Message}: its mirror is used");
            return mirror!;
        }
    }

    private MappedSource OpenMetadataFile(LogicalBlock icb, FileType type)
    {
        using var block = new PooledBuffer(_volume.BlockSize);
        FileEntry entry = icb.Block == NoBlock
            ? throw new InvalidImageException("metadata partition map", 0, "it has no such file", "UDF 2.60 2.2.10")
            : _volume.ReadFileEntry(icb, block.Span);
        return entry.FileType == type
            ? _volume.OpenContents(entry)
            : throw entry.Invalid($"it is of type {(byte)entry.FileType}, not {(byte)type} (UDF 2.60 2.2.13)");
    }
}
