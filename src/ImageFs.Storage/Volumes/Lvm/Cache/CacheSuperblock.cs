using System.Buffers.Binary;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Cache;

/// <summary>The superblock of a cache's metadata (struct cache_disk_superblock).</summary>
internal readonly record struct CacheSuperblock
{
    /// <summary>What block 0 is.</summary>
    public static readonly BlockKind Kind = new("superblock", 9031977);

    private const string Clause = "dm-cache: struct cache_disk_superblock";

    // 06142003 in C, where a zero in front means base 8.
    private const long Magic = 1623043;
    private const int SectorSize = 512;
    private const uint CleanFlag = 1;
    private const uint NeedsCheckFlag = 2;
    private const uint MinVersion = 1;
    private const uint MaxVersion = 2;

    // DATA_DEV_BLOCK_SIZE_MIN_SECTORS and _MAX_SECTORS.
    private const uint MinBlockSectors = 64;
    private const uint MaxBlockSectors = 1 << 21;

    /// <summary>Whether the cache was shut down as it should be: only then is it known which blocks are not written back.</summary>
    public bool IsClean { get; private init; }

    /// <summary>Whether the kernel found the metadata wanting.</summary>
    public bool NeedsCheck { get; private init; }

    /// <summary>Whether that is told by bits of their own (version 2), and not with the mappings.</summary>
    public bool HasDirtyBits { get; private init; }

    /// <summary>The root of the array of mappings.</summary>
    public long MappingRoot { get; private init; }

    /// <summary>The root of the array of those bits.</summary>
    public long DirtyRoot { get; private init; }

    /// <summary>The roots of all arrays: mappings, what the policy knows of them, discarded blocks, dirty bits.</summary>
    public IReadOnlyList<long> Roots { get; private init; }

    /// <summary>The space map of the metadata itself.</summary>
    public SpaceMapRoot MetadataSpace { get; private init; }

    /// <summary>Bytes of a block of the cache.</summary>
    public long BlockSize { get; private init; }

    /// <summary>Blocks of the cache.</summary>
    public uint Blocks { get; private init; }

    /// <summary>Reads the superblock.</summary>
    /// <param name="blocks">The metadata.</param>
    /// <exception cref="UnsupportedFeatureException">It is of another version, or has a feature that cannot be passed over.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static CacheSuperblock Read(MetadataBlocks blocks)
    {
        Span<byte> block = stackalloc byte[MetadataBlocks.BlockSize];
        blocks.Read(0, Kind, block);
        long magic = BinaryPrimitives.ReadInt64LittleEndian(block[32..]);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(block[40..]);
        uint blockSectors = BinaryPrimitives.ReadUInt32LittleEndian(block[232..]);
        uint metadataSectors = BinaryPrimitives.ReadUInt32LittleEndian(block[236..]);
        uint incompatible = BinaryPrimitives.ReadUInt32LittleEndian(block[252..]);
        if (magic != Magic)
        {
            throw new InvalidImageException("cache metadata superblock", 32, $"its mark is {magic} and not {Magic}", Clause);
        }

        if (version is < MinVersion or > MaxVersion || incompatible != 0)
        {
            throw new UnsupportedFeatureException($"a cache of version {version} with the features 0x{incompatible:X}", Clause);
        }

        if (blockSectors is < MinBlockSectors or > MaxBlockSectors || blockSectors % MinBlockSectors != 0 || metadataSectors != MetadataBlocks.BlockSectors)
        {
            throw new InvalidImageException("cache metadata superblock", 232, $"its blocks have {blockSectors} sectors, and those of metadata {metadataSectors}", Clause);
        }

        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(block[4..]);
        long mappings = BinaryPrimitives.ReadInt64LittleEndian(block[192..]);
        long hints = BinaryPrimitives.ReadInt64LittleEndian(block[200..]);
        long discards = BinaryPrimitives.ReadInt64LittleEndian(block[208..]);
        long dirty = version >= 2 ? BinaryPrimitives.ReadInt64LittleEndian(block[284..]) : 0;
        return new CacheSuperblock
        {
            IsClean = (flags & CleanFlag) != 0,
            NeedsCheck = (flags & NeedsCheckFlag) != 0,
            HasDirtyBits = version >= 2,
            MappingRoot = mappings,
            DirtyRoot = dirty,
            Roots = Array.FindAll([mappings, hints, discards, dirty], static root => root != 0),
            MetadataSpace = new SpaceMapRoot(block[64..]),
            BlockSize = (long)blockSectors * SectorSize,
            Blocks = BinaryPrimitives.ReadUInt32LittleEndian(block[240..]),
        };
    }
}
