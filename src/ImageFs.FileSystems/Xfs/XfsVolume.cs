using ImageFs.FileSystems.Metadata;
using ImageFs.FileSystems.Xfs.Directories;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs;

/// <summary>A file system that was found good: what its readers share.</summary>
internal sealed class XfsVolume
{
    /// <summary>The unit of st_blocks, in bytes.</summary>
    public const int SectorSize = 512;

    /// <param name="memory">Keeps what is read of its metadata.</param>
    /// <param name="source">The volume, as it is after recovery of the log.</param>
    /// <param name="superBlock">Its super block: the whole sector.</param>
    /// <param name="superBlockAddress">Where that is.</param>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public XfsVolume(MemoryBudget memory, BlockSource source, SuperBlock superBlock, long superBlockAddress = 0)
    {
        Source = source;
        Indexes = memory.Indexes.ForOwner();
        Geometry = new Geometry(superBlock, superBlockAddress);
        Counters = new Counters(superBlock);
        Blocks = new MetadataBlocks(source, Geometry.BlockSize, memory.Blocks) { BlocksPerGroup = Geometry.GroupBlocks };
        DirectoryBlocks = Geometry.DirectoryBlockSize == Geometry.BlockSize
            ? Blocks
            : new MetadataBlocks(source, Geometry.DirectoryBlockSize, memory.Blocks) { Unit = Geometry.BlockSize };
        Inodes = new InodeTable(Geometry, Blocks);
        ExtentTreeCheck = new ExtentTreeCheck(Geometry);
        DirectoryDataCheck = new DirectoryDataCheck(Geometry);
        DirectoryHashCheck = new HashBlockCheck(Geometry, isAttributes: false);
        AttributeHashCheck = new HashBlockCheck(Geometry, isAttributes: true);
    }

    /// <summary>Where the addresses of the file system are.</summary>
    public BlockSource Source { get; }

    /// <summary>The real-time device; null when it was not given.</summary>
    public BlockSource? RealTime { get; init; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    public Geometry Geometry { get; }

    /// <summary>What the super block counts.</summary>
    public Counters Counters { get; }

    /// <summary>Blocks of metadata, by their number counted from the start of the volume.</summary>
    public MetadataBlocks Blocks { get; }

    /// <summary>Blocks of directories, by the number of their first block.</summary>
    public MetadataBlocks DirectoryBlocks { get; }

    public InodeTable Inodes { get; }

    public ExtentTreeCheck ExtentTreeCheck { get; }

    public DirectoryDataCheck DirectoryDataCheck { get; }

    public HashBlockCheck DirectoryHashCheck { get; }

    public HashBlockCheck AttributeHashCheck { get; }

    /// <summary>What the log made of the volume; null when it had nothing to say.</summary>
    public Recovery? Recovery { get; init; }

    /// <summary>Whether what is read is what the log made of the volume.</summary>
    public bool IsRecovered => Recovery is not null;

    /// <summary>Whether it was unmounted as it is: what the super block counts is true then.</summary>
    public bool IsClean { get; init; } = true;

    /// <summary>Whether the log changed any of a range.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="length">Its length, in bytes.</param>
    public bool IsReplayed(long address, long length)
    {
        for (long end = address + length; IsRecovered && address < end;)
        {
            Extent extent = Source.Map(address, end - address, out _);
            if (extent.Kind == ExtentKind.Own)
            {
                return true;
            }

            address += extent.Length;
        }

        return false;
    }

    /// <summary>A block of metadata that belongs to an inode, checked.</summary>
    /// <param name="number">Its number on disk; it must be valid.</param>
    /// <param name="check">What it has to be.</param>
    /// <param name="owner">The number of the inode.</param>
    /// <param name="buffer">Takes it.</param>
    /// <exception cref="ImageException">It is damaged, or of another inode.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> ReadBlock(long number, BlockCheck check, long owner, Span<byte> buffer)
    {
        ReadOnlySpan<byte> block = Blocks.Read(Geometry.LinearBlock(number), check, 0, buffer);
        check.VerifyOwner(block, Geometry.AddressOf(number), owner);
        return block;
    }

    /// <summary>The inode of a node: a file's.</summary>
    /// <param name="node">Its number.</param>
    /// <param name="bytes">Takes the inode.</param>
    /// <exception cref="ImageException">It is damaged, or no file's.</exception>
    public Inode ReadInode(NodeId node, Span<byte> bytes)
    {
        long number = (long)Math.Min(node.Value, long.MaxValue);
        Inode inode = Inodes.Read(number, bytes);
        return Geometry.IsMetadataInode(number) || inode.Flags2.HasFlag(InodeFlags2.Metadata)
            ? throw new InvalidImageException($"inode {number}", inode.Address, "it is the file system's own, and no file's", Inode.Clause)
            : inode;
    }

    /// <summary>What is in the blocks of a file.</summary>
    /// <param name="inode">The inode; its data fork has extents.</param>
    /// <exception cref="ImageException">What the inode has of it is damaged; or it is on a real-time device that was not given.</exception>
    public BlockSource OpenContents(Inode inode)
    {
        if (!inode.Flags.HasFlag(InodeFlags.RealTime))
        {
            return new ForkSource(new ForkMap(this, inode, isAttributes: false), Geometry, Source, inode.Size);
        }

        if (Geometry.Incompatible.HasFlag(IncompatibleFeatures.MetadataDirectory))
        {
            throw new UnsupportedFeatureException($"the real-time file of inode {inode.Number}, in a group of a real-time device", "xfs_rtgroup");
        }

        return RealTime is null
            ? throw new UnsupportedFeatureException($"the real-time file of inode {inode.Number} without its device (-o rtdev=FILE names it)", Inode.Clause)
            : new ForkSource(new ForkMap(this, inode, isAttributes: false), Geometry, RealTime, inode.Size, isRealTime: true);
    }

    /// <summary>What is wrong with metadata of version 5 that are no inode's.</summary>
    /// <param name="block">The whole of it.</param>
    /// <param name="layout">Its header.</param>
    /// <param name="address">Where it was read.</param>
    /// <param name="name">What it is, for messages.</param>
    /// <param name="clause">Where it is specified.</param>
    /// <exception cref="InvalidImageException">Its checksum, UUID or place is not what it has to be.</exception>
    public void CheckHeader(ReadOnlySpan<byte> block, HeaderLayout layout, long address, string name, string clause)
    {
        if (layout.FindProblem(block, address, Geometry.Uuid) is { } problem)
        {
            throw new InvalidImageException(name, address, problem, clause);
        }
    }
}

/// <summary>What the super block counts, as of the last time that it was unmounted.</summary>
/// <param name="Inodes">Inodes that there are.</param>
/// <param name="FreeInodes">Those that are free.</param>
/// <param name="FreeBlocks">Free blocks.</param>
/// <param name="FreeRealTimeExtents">Free extents of the real-time device.</param>
internal readonly record struct Counters(long Inodes, long FreeInodes, long FreeBlocks, long FreeRealTimeExtents)
{
    public Counters(SuperBlock superBlock)
        : this((long)Math.Min(superBlock.Inodes, long.MaxValue), (long)Math.Min(superBlock.FreeInodes, long.MaxValue), (long)Math.Min(superBlock.FreeBlocks, long.MaxValue), (long)Math.Min(superBlock.FreeRealTimeExtents, long.MaxValue))
    {
    }
}

/// <summary>What is in the blocks of a fork, as bytes.</summary>
/// <param name="map">Where the blocks lie.</param>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="device">The device that they are on.</param>
/// <param name="length">Bytes of it.</param>
/// <param name="isRealTime">Whether that is the real-time device, whose blocks have numbers from its start on.</param>
internal sealed class ForkSource(ForkMap map, Geometry geometry, BlockSource device, long length, bool isRealTime = false) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long MapSize => map.Size;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = device;
        maxLength = Math.Min(maxLength, Length - offset);
        int blockSize = geometry.BlockSize;
        (long block, long inBlock) = Math.DivRem(offset, blockSize);
        BlockRun run = map.Find(block);

        // The last hole of all is longer than any number of bytes.
        long left = run.End - block;
        long count = left > (maxLength / blockSize) + 1 ? maxLength : Math.Min(maxLength, (left * blockSize) - inBlock);
        if (run.Kind != ExtentKind.Mapped)
        {
            return new Extent(offset, count, run.Kind, 0);
        }

        long start = isRealTime ? run.Start * blockSize : geometry.AddressOf(run.Start);
        return Extent.Mapped(offset, count, start + ((block - run.First) * blockSize) + inBlock);
    }
}
