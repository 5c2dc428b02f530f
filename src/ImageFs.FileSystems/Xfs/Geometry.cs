using System.Numerics;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>
/// What the super block says of sizes, counts and features, checked as Linux does when it mounts; and where blocks and inodes lie. A block
/// number has the number of the group in its upper bits and the block in the group in its lower ones; an inode number has the inode in its
/// block below these.
/// </summary>
internal sealed class Geometry
{
    // xfs_fs.h, xfs_format.h: XFS_MIN_BLOCKSIZE to XFS_MAX_BLOCKSIZE, XFS_DINODE_MIN_SIZE to XFS_DINODE_MAX_SIZE, XFS_MIN_AG_BLOCKS.
    private const int MinBlockSize = 512;
    private const int MaxBlockSize = 64 * 1024;
    private const int MinInodeSize = 256;
    private const int MaxInodeSize = 2048;
    private const int MinGroupBlocks = 64;
    private const int MaxRealTimeExtentSize = 1 << 30;
    private const int InodesPerChunk = 64;
    private const int AllBits = 63;

    private const IncompatibleFeatures Readable =
        IncompatibleFeatures.FileTypes | IncompatibleFeatures.SparseInodes | IncompatibleFeatures.MetaUuid | IncompatibleFeatures.BigTime
        | IncompatibleFeatures.NeedsRepair | IncompatibleFeatures.ManyExtents | IncompatibleFeatures.ExchangeRange
        | IncompatibleFeatures.ParentPointers | IncompatibleFeatures.MetadataDirectory;

    private readonly long _address;
    private readonly int _groupBlocksLog;
    private readonly int _inodesPerBlockLog;
    private readonly long[] _metadataInodes;
    private readonly byte[] _uuid;

    /// <param name="superBlock">The super block: the whole sector.</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It has a feature that is not read.</exception>
    public Geometry(SuperBlock superBlock, long address = 0)
    {
        _address = address;
        Require(superBlock.Magic == SuperBlock.MagicNumber, $"its magic number is 0x{superBlock.Magic:X8}");
        int sectorSize = superBlock.SectorSize;
        Require(
            sectorSize >= SuperBlock.MinSectorSize && sectorSize <= SuperBlock.MaxSectorSize && IsLog(sectorSize, superBlock.SectorLog),
            $"its sector size is {sectorSize}");
        SectorSize = sectorSize;
        HasChecksums = superBlock.Version == 5;
        Require(!HasChecksums || superBlock.Checksum == superBlock.ActualChecksum, "its checksum is wrong");
        RefuseUnknown(superBlock);
        Incompatible = HasChecksums ? superBlock.Incompatible : IncompatibleFeatures.None;
        ReadOnlyCompatible = HasChecksums ? superBlock.ReadOnlyCompatible : ReadOnlyCompatibleFeatures.None;
        VersionFlags = superBlock.VersionFlags;
        Features2 = VersionFlags.HasFlag(VersionFlags.MoreBits) ? superBlock.Features2 : Features2.None;
        _uuid = superBlock.UuidOfMetadata.ToArray();

        uint blockSize = superBlock.BlockSize;
        Require(
            blockSize >= MinBlockSize && blockSize <= MaxBlockSize && IsLog(blockSize, superBlock.BlockLog) && (!HasChecksums || blockSize > MinBlockSize),
            $"its block size is {blockSize}");
        BlockSize = (int)blockSize;
        Require(SectorSize <= BlockSize, $"a sector of {SectorSize} bytes is more than a block of {BlockSize}");
        InodeSize = superBlock.InodeSize;
        Require(
            InodeSize >= (HasChecksums ? 2 * MinInodeSize : MinInodeSize) && InodeSize <= Math.Min(MaxInodeSize, BlockSize)
            && IsLog(superBlock.InodeSize, superBlock.InodeLog),
            $"its inode size is {InodeSize}");
        InodesPerBlock = superBlock.InodesPerBlock;
        _inodesPerBlockLog = superBlock.InodesPerBlockLog;
        Require(
            InodesPerBlock == BlockSize / InodeSize && IsLog(superBlock.InodesPerBlock, superBlock.InodesPerBlockLog),
            $"{InodesPerBlock} inodes of {InodeSize} bytes are not what a block of {BlockSize} has");
        Require(superBlock.DirectoryBlockLog + superBlock.BlockLog <= 16, $"its directory blocks have 2^{superBlock.DirectoryBlockLog} blocks");
        DirectoryBlockSize = BlockSize << superBlock.DirectoryBlockLog;

        GroupBlocks = superBlock.GroupBlocks;
        GroupCount = superBlock.GroupCount;
        _groupBlocksLog = superBlock.GroupBlocksLog;
        Require(
            GroupBlocks >= MinGroupBlocks && _groupBlocksLog == BitOperations.Log2(superBlock.GroupBlocks - 1) + 1 && GroupCount > 0,
            $"it has {GroupCount} groups of {GroupBlocks} blocks, whose numbers take {_groupBlocksLog} bits");
        Require(
            superBlock.DataBlocks <= (ulong)(GroupCount * GroupBlocks)
            && superBlock.DataBlocks >= (ulong)(((GroupCount - 1) * GroupBlocks) + MinGroupBlocks) && superBlock.DataBlocks <= (ulong)(long.MaxValue / BlockSize)
            && BitOperations.Log2(GroupCount) + 1 + _groupBlocksLog + _inodesPerBlockLog <= AllBits,
            $"{superBlock.DataBlocks} blocks are not those of {GroupCount} groups of {GroupBlocks}");
        DataBlocks = (long)superBlock.DataBlocks;

        LogBlocks = superBlock.LogBlocks;
        LogStart = (long)Math.Min(superBlock.LogStart, long.MaxValue);
        Require(LogStart == 0 || IsValid(LogStart, LogBlocks), $"its log of {LogBlocks} blocks from {LogStart} is not in one group");
        LogSectorSize = superBlock.LogSectorSize == 0 ? SuperBlock.MinSectorSize : superBlock.LogSectorSize;
        LogStripeUnit = superBlock.LogStripeUnit;

        RealTimeBlocks = (long)Math.Min(superBlock.RealTimeBlocks, (ulong)(long.MaxValue / BlockSize));
        RealTimeExtentSize = superBlock.RealTimeExtentSize;
        Require(RealTimeExtentSize is > 0 and <= MaxRealTimeExtentSize, $"its real-time extents have {RealTimeExtentSize} blocks");
        Require(superBlock.MaxInodePercent <= 100, $"{superBlock.MaxInodePercent} % of it may be inodes");
        MaxInodes = DataBlocks / 100 * superBlock.MaxInodePercent + (DataBlocks % 100 * superBlock.MaxInodePercent / 100);
        MaxInodes = MaxInodes / ChunkBlocks * ChunkBlocks << _inodesPerBlockLog;

        RootInode = (long)Math.Min(superBlock.RootInode, long.MaxValue);
        Require(IsValidInode(RootInode), $"its root directory is inode {RootInode}");
        _metadataInodes =
        [
            unchecked((long)superBlock.RealTimeBitmapInode), unchecked((long)superBlock.RealTimeSummaryInode), unchecked((long)superBlock.UserQuotaInode),
            unchecked((long)superBlock.GroupQuotaInode), HasChecksums ? unchecked((long)superBlock.ProjectQuotaInode) : -1,
            Incompatible.HasFlag(IncompatibleFeatures.MetadataDirectory) ? unchecked((long)superBlock.MetadataDirectory) : -1,
        ];
    }

    public VersionFlags VersionFlags { get; }

    public Features2 Features2 { get; }

    public IncompatibleFeatures Incompatible { get; }

    public ReadOnlyCompatibleFeatures ReadOnlyCompatible { get; }

    /// <summary>Whether it is version 5: all metadata have a CRC-32C, and say whose they are and where.</summary>
    public bool HasChecksums { get; }

    /// <summary>The UUID that metadata of version 5 have.</summary>
    public ReadOnlySpan<byte> Uuid => _uuid;

    /// <summary>Whether directories tell the types of their entries.</summary>
    public bool HasFileTypes => HasChecksums ? Incompatible.HasFlag(IncompatibleFeatures.FileTypes) : Features2.HasFlag(Features2.FileTypes);

    public bool HasSparseInodes => Incompatible.HasFlag(IncompatibleFeatures.SparseInodes);

    public bool HasFreeInodeTree => ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.FreeInodeTree);

    public bool HasReverseMap => ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.ReverseMap);

    public bool HasSharedExtents => ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.Reflink);

    public bool HasParentPointers => Incompatible.HasFlag(IncompatibleFeatures.ParentPointers);

    public bool HasQuotas => VersionFlags.HasFlag(VersionFlags.Quota);

    /// <summary>Whether the counters of the super block are written when it is unmounted, and only then.</summary>
    public bool HasLazyCounters => Features2.HasFlag(Features2.LazyCounters);

    /// <summary>Whether AGFs count the blocks of their trees.</summary>
    public bool CountsTreeBlocks => HasLazyCounters;

    /// <summary>Whether AGIs count the blocks of their trees.</summary>
    public bool CountsInodeTreeBlocks => ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.InodeTreeCounters);

    /// <summary>Whether names are looked up without regard to case (ascii-ci).</summary>
    public bool IgnoresCase => VersionFlags.HasFlag(VersionFlags.CaseInsensitive);

    /// <summary>Bytes in a block.</summary>
    public int BlockSize { get; }

    /// <summary>Bytes in a sector: of each header of a group.</summary>
    public int SectorSize { get; }

    /// <summary>Bytes in an inode.</summary>
    public int InodeSize { get; }

    public int InodesPerBlock { get; }

    /// <summary>Bytes in a block of a directory: one or more blocks.</summary>
    public int DirectoryBlockSize { get; }

    /// <summary>Blocks of a group; the last one may have less.</summary>
    public long GroupBlocks { get; }

    public uint GroupCount { get; }

    /// <summary>Blocks of the file system, on the data device.</summary>
    public long DataBlocks { get; }

    /// <summary>The number of the first block of the log; 0 when it is on another device.</summary>
    public long LogStart { get; }

    public long LogBlocks { get; }

    /// <summary>Bytes in a sector of the log.</summary>
    public int LogSectorSize { get; }

    /// <summary>The stripe unit of the log in bytes; 0 or 1 for none.</summary>
    public uint LogStripeUnit { get; }

    /// <summary>Blocks of the real-time device; 0 without one.</summary>
    public long RealTimeBlocks { get; }

    /// <summary>Blocks of a real-time extent.</summary>
    public long RealTimeExtentSize { get; }

    /// <summary>The most inodes that there may be; 0 for any number.</summary>
    public long MaxInodes { get; }

    /// <summary>The number of the root directory.</summary>
    public long RootInode { get; }

    private long ChunkBlocks => Math.Max(InodesPerChunk >> _inodesPerBlockLog, 1);

    /// <summary>Blocks of a group, which of the last are fewer.</summary>
    public long BlocksOfGroup(uint group) => group == GroupCount - 1 ? DataBlocks - (group * GroupBlocks) : GroupBlocks;

    /// <summary>Whether blocks can be there: all in one group.</summary>
    /// <param name="block">The number of the first.</param>
    /// <param name="count">How many; at least 1.</param>
    public bool IsValid(long block, long count)
    {
        long group = block >> _groupBlocksLog;
        return block >= 0 && count > 0 && group < GroupCount && BlocksOfGroup((uint)group) - BlockInGroup(block) >= count;
    }

    /// <summary>The group that a block is in.</summary>
    public uint GroupOf(long block) => (uint)(block >> _groupBlocksLog);

    /// <summary>A block's number in its group.</summary>
    public long BlockInGroup(long block) => block & ((1L << _groupBlocksLog) - 1);

    /// <summary>The block's number counted from the start of the volume.</summary>
    /// <param name="block">The number that it has on disk; it must be valid.</param>
    public long LinearBlock(long block) => (GroupOf(block) * GroupBlocks) + BlockInGroup(block);

    /// <summary>Address of a block in the volume; it must be valid.</summary>
    public long AddressOf(long block) => LinearBlock(block) * BlockSize;

    /// <summary>Address of a group in the volume: of its super block.</summary>
    public long AddressOfGroup(uint group) => group * GroupBlocks * BlockSize;

    /// <summary>Address of a block of a group in the volume.</summary>
    /// <param name="group">The group.</param>
    /// <param name="block">The block's number in the group.</param>
    public long AddressOfGroupBlock(uint group, uint block) => AddressOfGroup(group) + ((long)block * BlockSize);

    /// <summary>The number of an inode.</summary>
    /// <param name="group">Its group.</param>
    /// <param name="inGroup">Its number there.</param>
    public long InodeNumber(uint group, long inGroup) => ((long)group << (_groupBlocksLog + _inodesPerBlockLog)) | inGroup;

    /// <summary>Whether there can be an inode of a number; whether there is one tell the inode trees.</summary>
    public bool IsValidInode(long number) => number > 0 && BlockInGroup(number >> _inodesPerBlockLog) > 0 && IsValid(number >> _inodesPerBlockLog, 1);

    /// <summary>The number of the block that an inode is in; it must be valid.</summary>
    public long BlockOfInode(long number) => number >> _inodesPerBlockLog;

    /// <summary>Where an inode begins in its block, in bytes.</summary>
    public int OffsetOfInode(long number) => (int)(number & ((1 << _inodesPerBlockLog) - 1)) * InodeSize;

    /// <summary>Address of an inode in the volume; it must be valid.</summary>
    public long AddressOfInode(long number) => AddressOf(BlockOfInode(number)) + OffsetOfInode(number);

    /// <summary>Whether an inode is the file system's own: no directory leads to it.</summary>
    public bool IsMetadataInode(long number) => _metadataInodes.Contains(number);

    private static bool IsLog(uint size, byte log) => log < 32 && size == 1u << log;

    private static bool IsLog(int size, byte log) => IsLog((uint)size, log);

    private static void RefuseUnknown(SuperBlock superBlock)
    {
        if (superBlock.Version is not (4 or 5))
        {
            throw new UnsupportedFeatureException($"XFS of version {superBlock.Version}", SuperBlock.Clause);
        }

        if (superBlock.Version == 4)
        {
            if (!superBlock.VersionFlags.HasFlag(VersionFlags.Directories2))
            {
                throw new UnsupportedFeatureException("XFS with directories of version 1", SuperBlock.Clause);
            }

            return;
        }

        string unknown = string.Join(", ", FeatureNames.Of(superBlock.Incompatible & ~Readable));
        if (unknown.Length > 0)
        {
            throw new UnsupportedFeatureException($"XFS with {unknown}", SuperBlock.Clause);
        }

        if (superBlock.Incompatible.HasFlag(IncompatibleFeatures.NeedsRepair))
        {
            throw new UnsupportedFeatureException("an XFS file system that is marked as needing repair (run xfs_repair on a copy of it)", SuperBlock.Clause);
        }
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidImageException("super block", _address, problem, SuperBlock.Clause);
        }
    }
}
