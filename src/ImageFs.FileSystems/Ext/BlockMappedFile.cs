using System.Buffers.Binary;
using ImageFs.FileSystems.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Blocks of a file that lie together.</summary>
/// <param name="First">The first of them, in the file.</param>
/// <param name="Count">Their number; at least 1.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Start">The first of them in the volume, when they are mapped.</param>
internal readonly record struct BlockRun(long First, long Count, ExtentKind Kind, long Start = 0);

/// <summary>A file whose blocks are found by direct and indirect pointers (ext4: Direct/Indirect Block Addressing).</summary>
internal sealed class BlockPointers : BlockMappedFile
{
    private const int DirectPointers = 12;
    private const int Levels = 3;
    private const int PointerSize = sizeof(uint);

    private readonly byte[] _pointers;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="length">Its size in bytes.</param>
    public BlockPointers(ExtVolume volume, Inode inode, long length)
        : base(volume, inode, length)
    {
        _pointers = inode.Block.ToArray();
        long perBlock = PointersPerBlock;
        Reach = DirectPointers + perBlock + (perBlock * perBlock) + (perBlock * perBlock * perBlock);
        Reach = Math.Min(Reach, ExtentTree.MaxBlocks);
    }

    /// <inheritdoc/>
    protected override long Reach { get; }

    private long PointersPerBlock => Geometry.BlockSize / PointerSize;

    /// <inheritdoc/>
    protected override BlockRun Find(uint block, long wanted)
    {
        if (block < DirectPointers)
        {
            return FindRun(_pointers.AsSpan(0, DirectPointers * PointerSize), Address, 0, block, wanted);
        }

        long first = DirectPointers;
        long span = PointersPerBlock;
        int level = 1;
        while (level < Levels && block - first >= span)
        {
            first += span;
            span *= PointersPerBlock;
            level++;
        }

        return Descend(level, first, span, block, wanted);
    }

    /// <param name="level">Levels of pointer blocks: 1 to 3.</param>
    /// <param name="first">The first block of the file that the pointer blocks are for.</param>
    /// <param name="span">Blocks of the file that they are for.</param>
    /// <param name="block">The block that is looked for.</param>
    /// <param name="wanted">Blocks from there on that are of interest.</param>
    private BlockRun Descend(int level, long first, long span, uint block, long wanted)
    {
        int index = DirectPointers + level - 1;
        using var buffer = new PooledBuffer(Geometry.BlockSize);
        ReadOnlySpan<byte> table = _pointers;
        long address = Address;
        while (true)
        {
            uint pointer = Pointer(table, index);
            if (pointer == 0)
            {
                // In i_block each pointer has a span of its own.
                uint spans = address == Address ? 1 : CountRun(table, index, ((block - first + wanted - 1) / span) + 1);
                return new BlockRun(first, spans * span, ExtentKind.Hole);
            }

            if (!Geometry.IsValid(pointer, 1))
            {
                throw OutOfRange(address + ((long)index * PointerSize), pointer, 1);
            }

            table = Blocks.Read(pointer, null, 0, buffer.Span);
            address = Geometry.AddressOf(pointer);
            if (--level == 0)
            {
                return FindRun(table, address, first, block, wanted);
            }

            span /= PointersPerBlock;
            index = (int)((block - first) / span);
            first += index * span;
        }
    }

    /// <summary>Pointers of one table that lead to blocks one after the other, or nowhere.</summary>
    private BlockRun FindRun(ReadOnlySpan<byte> table, long address, long first, uint block, long wanted)
    {
        int index = (int)(block - first);
        uint start = Pointer(table, index);
        uint count = CountRun(table, index, wanted);
        if (start == 0)
        {
            return new BlockRun(block, count, ExtentKind.Hole);
        }

        return Geometry.IsValid(start, count)
            ? new BlockRun(block, count, ExtentKind.Mapped, start)
            : throw OutOfRange(address + ((long)index * PointerSize), start, count);
    }

    private static uint CountRun(ReadOnlySpan<byte> table, int index, long wanted)
    {
        uint start = Pointer(table, index);
        int max = (int)Math.Min(wanted, (table.Length / PointerSize) - index);
        uint count = 1;
        while (count < max && Pointer(table, index + (int)count) == (start == 0 ? 0 : (long)start + count))
        {
            count++;
        }

        return count;
    }

    private static uint Pointer(ReadOnlySpan<byte> table, int index) =>
        BinaryPrimitives.ReadUInt32LittleEndian(table[(index * PointerSize)..]);
}

/// <summary>
/// The contents of an inode that are in blocks. Nothing is read before it is asked for, and nothing is kept here: the nodes of the map
/// come out of the file system's bounded cache.
/// </summary>
internal abstract class BlockMappedFile : BlockSource
{
    private readonly ExtVolume _volume;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="length">Its size in bytes.</param>
    protected BlockMappedFile(ExtVolume volume, Inode inode, long length)
    {
        _volume = volume;
        Length = length;
        Number = inode.Number;
        Address = inode.Address + Inode.BlockOffset;
        Seed = inode.ChecksumSeed(volume.Geometry.ChecksumSeed);
    }

    /// <inheritdoc/>
    public sealed override long Length { get; }

    /// <summary>Number of the inode.</summary>
    protected uint Number { get; }

    /// <summary>Where the map begins in the volume: i_block.</summary>
    protected long Address { get; }

    /// <summary>Where the checksums of what belongs to the inode begin.</summary>
    protected uint Seed { get; }

    /// <summary>Blocks that the map can reach.</summary>
    protected abstract long Reach { get; }

    /// <summary>The file system's sizes.</summary>
    protected Geometry Geometry => _volume.Geometry;

    /// <summary>The file system's metadata.</summary>
    protected MetadataBlocks Blocks => _volume.Blocks;

    /// <inheritdoc/>
    public sealed override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _volume.Source;
        maxLength = Math.Min(maxLength, Length - offset);
        int blockSize = _volume.Geometry.BlockSize;
        (long block, long inBlock) = Math.DivRem(offset, blockSize);
        if (block >= Reach)
        {
            throw new InvalidImageException(
                $"inode {Number}", Address, $"its size of {Length} bytes is more than its map can reach", "ext4: Inode Table");
        }

        BlockRun run = Find((uint)block, (inBlock + maxLength - 1) / blockSize + 1);
        return new Extent(run.First * blockSize, run.Count * blockSize, run.Kind, run.Start * blockSize).Clip(offset, maxLength);
    }

    /// <summary>The run that holds a block of the file.</summary>
    /// <param name="block">A block below <see cref="Reach"/>.</param>
    /// <param name="wanted">Blocks from there on that are of interest.</param>
    /// <exception cref="ImageException">The map is damaged there.</exception>
    protected abstract BlockRun Find(uint block, long wanted);

    /// <summary>The error of a map that names blocks which cannot be.</summary>
    protected InvalidImageException OutOfRange(long address, ulong block, uint count) =>
        new("block map", address, $"{count} blocks from {block} of inode {Number} are out of range", "ext4: Direct/Indirect Blocks");
}
