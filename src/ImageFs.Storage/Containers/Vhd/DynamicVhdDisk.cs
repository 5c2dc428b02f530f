using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>A disk in blocks, each after a bitmap of its sectors; what a differencing disk does not have is in its parent.</summary>
internal sealed class DynamicVhdDisk : TableDisk
{
    private const string Clause = "VHD: Block Allocation Table and Data Blocks";
    private const int SectorSize = 512;
    private const uint Unused = uint.MaxValue;

    private readonly BlockSource _file;
    private readonly BlockSource? _parent;
    private readonly string? _parentPath;
    private readonly BlockCache _cache;
    private readonly long _table;
    private readonly long _blockSize;
    private readonly long _bitmapLength;
    private readonly Guid _id;

    /// <summary>Makes the disk; nothing of its table is read yet.</summary>
    /// <param name="file">The file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="id">What it is known by.</param>
    /// <param name="parent">The disk below; null for none.</param>
    /// <param name="parentPath">Where that was found.</param>
    /// <param name="memory">Keeps what is read of its table.</param>
    /// <exception cref="InvalidImageException">The table is not where it can be, or too small for the disk.</exception>
    public DynamicVhdDisk(BlockSource file, DynamicHeader header, long length, Guid id, BlockSource? parent, string? parentPath, MemoryBudget memory)
    {
        uint blockSize = header.BlockSize;
        if (blockSize < SectorSize || !BitOperations.IsPow2(blockSize))
        {
            throw new InvalidImageException("vhd dynamic disk header", 32, $"it has blocks of {blockSize} bytes: a power of two from {SectorSize} on is allowed", Clause);
        }

        ulong table = header.TableOffset;
        long blocks = length == 0 ? 0 : ((length - 1) / blockSize) + 1;
        if (blocks > header.MaxTableEntries || table > (ulong)file.Length || blocks * sizeof(uint) > file.Length - (long)table)
        {
            throw new InvalidImageException(
                "vhd dynamic disk header", 16, $"its table of {header.MaxTableEntries} entries at 0x{table:X} is too small for {blocks} blocks, or runs past the end of the file", Clause);
        }

        _file = file;
        _parent = parent;
        _parentPath = parentPath;
        _cache = new BlockCache(file, TableCacheBlock, memory.Blocks);
        _table = (long)table;
        _blockSize = blockSize;
        _bitmapLength = ((blockSize / SectorSize / 8) + SectorSize - 1) / SectorSize * SectorSize;
        _id = id;
        Length = length;
    }

    /// <inheritdoc/>
    public override string Format => VhdFormat.FormatName;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override int? LogicalSectorSize => 512;

    /// <inheritdoc/>
    public override ImageDescription Describe() => base.Describe()
        .With("subformat", _parent is null ? "dynamic" : "differencing")
        .With("block-size", _blockSize)
        .With("disk-uuid", _id.ToString())
        .With("parent", _parentPath);

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long block = Math.DivRem(offset, _blockSize, out long inBlock);
        long left = _blockSize - inBlock;
        Span<byte> entry = stackalloc byte[sizeof(uint)];
        _cache.ReadAt(_table + (block * entry.Length), entry);
        uint sector = BinaryPrimitives.ReadUInt32BigEndian(entry);
        if (sector == Unused)
        {
            return Piece.OfParent(_parent, offset, left);
        }

        long bitmap = (long)sector * SectorSize;

        // In a disk without a parent, what the bitmap does not have is zeros in the block, too.
        if (_parent is null)
        {
            return Piece.OfBlock(_file, bitmap + _bitmapLength, inBlock, left);
        }

        bool isHere = HasSector(bitmap, inBlock / SectorSize, out long run);
        long length = Math.Min(left, (run * SectorSize) - (inBlock % SectorSize));
        return isHere ? Piece.OfBlock(_file, bitmap + _bitmapLength, inBlock, length) : Piece.OfParent(_parent, offset, length);
    }

    // A bitmap begins with the highest bit.
    private bool HasSector(long bitmap, long sector, out long run)
    {
        Span<byte> bytes = stackalloc byte[64];
        long first = sector / 8;
        bytes = bytes[..(int)Math.Min(bytes.Length, _bitmapLength - first)];
        _cache.ReadAt(bitmap + first, bytes);
        int at = (int)(sector % 8);
        bool isHere = IsSet(bytes, at);
        int end = at + 1;
        while (end < bytes.Length * 8 && IsSet(bytes, end) == isHere)
        {
            end++;
        }

        run = end - at;
        return isHere;
    }

    private static bool IsSet(ReadOnlySpan<byte> bytes, int bit) => (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
}
