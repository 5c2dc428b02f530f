using System.Buffers.Binary;
using ImageFs.Storage.Volumes.Lvm.PersistentData;

namespace ImageFs.Storage.Volumes.Lvm.Thin;

/// <summary>The superblock of a thin pool's metadata (struct thin_disk_superblock).</summary>
internal readonly record struct ThinSuperblock
{
    /// <summary>What block 0 is.</summary>
    public static readonly BlockKind Kind = new("superblock", 160774);

    private const string Clause = "dm-thin: struct thin_disk_superblock";
    private const long Magic = 27022010;
    private const int SectorSize = 512;
    private const uint NeedsCheckFlag = 1;
    private const uint MinVersion = 1;
    private const uint MaxVersion = 2;

    // DATA_DEV_BLOCK_SIZE_MIN_SECTORS and _MAX_SECTORS.
    private const uint MinBlockSectors = 128;
    private const uint MaxBlockSectors = 1 << 21;

    /// <summary>Whether the kernel found the metadata wanting: it does not write to the pool any more until it was repaired.</summary>
    public bool NeedsCheck { get; private init; }

    /// <summary>The transaction that LVM has to know too.</summary>
    public ulong TransactionId { get; private init; }

    /// <summary>The block of a copy of the superblock that was taken for programs that look at the metadata; 0 when there is none.</summary>
    public long HeldRoot { get; private init; }

    /// <summary>The space map of the pool's data.</summary>
    public SpaceMapRoot DataSpace { get; private init; }

    /// <summary>The space map of the metadata itself.</summary>
    public SpaceMapRoot MetadataSpace { get; private init; }

    /// <summary>The root of the tree of devices, whose values are the roots of their mappings.</summary>
    public long MappingRoot { get; private init; }

    /// <summary>The root of the tree of what is known of devices.</summary>
    public long DetailsRoot { get; private init; }

    /// <summary>Bytes of a block of data.</summary>
    public long DataBlockSize { get; private init; }

    /// <summary>Reads the superblock, or the copy of it.</summary>
    /// <param name="blocks">The metadata.</param>
    /// <param name="number">Its block.</param>
    /// <exception cref="UnsupportedFeatureException">It is of another version, or has a feature that cannot be passed over.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ThinSuperblock Read(MetadataBlocks blocks, long number = 0)
    {
        Span<byte> block = stackalloc byte[MetadataBlocks.BlockSize];
        blocks.Read(number, Kind, block);
        long address = MetadataBlocks.AddressOf(number);
        long magic = BinaryPrimitives.ReadInt64LittleEndian(block[32..]);
        uint version = BinaryPrimitives.ReadUInt32LittleEndian(block[40..]);
        uint blockSectors = BinaryPrimitives.ReadUInt32LittleEndian(block[336..]);
        uint metadataSectors = BinaryPrimitives.ReadUInt32LittleEndian(block[340..]);
        uint incompatible = BinaryPrimitives.ReadUInt32LittleEndian(block[360..]);
        if (magic != Magic)
        {
            throw new InvalidImageException("thin metadata superblock", address + 32, $"its mark is {magic} and not {Magic}", Clause);
        }

        if (version is < MinVersion or > MaxVersion || incompatible != 0)
        {
            throw new UnsupportedFeatureException($"a thin pool of version {version} with the features 0x{incompatible:X}", Clause);
        }

        if (blockSectors is < MinBlockSectors or > MaxBlockSectors || blockSectors % MinBlockSectors != 0 || metadataSectors != MetadataBlocks.BlockSectors)
        {
            throw new InvalidImageException("thin metadata superblock", address + 336, $"its blocks have {blockSectors} sectors, and those of metadata {metadataSectors}", Clause);
        }

        return new ThinSuperblock
        {
            NeedsCheck = (BinaryPrimitives.ReadUInt32LittleEndian(block[4..]) & NeedsCheckFlag) != 0,
            TransactionId = BinaryPrimitives.ReadUInt64LittleEndian(block[48..]),
            HeldRoot = BinaryPrimitives.ReadInt64LittleEndian(block[56..]),
            DataSpace = new SpaceMapRoot(block[64..]),
            MetadataSpace = new SpaceMapRoot(block[192..]),
            MappingRoot = BinaryPrimitives.ReadInt64LittleEndian(block[320..]),
            DetailsRoot = BinaryPrimitives.ReadInt64LittleEndian(block[328..]),
            DataBlockSize = (long)blockSectors * SectorSize,
        };
    }
}
