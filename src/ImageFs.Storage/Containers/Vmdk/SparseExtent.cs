using System.Buffers.Binary;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>An extent in grains: a part of a disk, or all of it.</summary>
/// <param name="file">The file.</param>
/// <param name="layout">How its grains are found.</param>
/// <param name="parent">The disk below, from where this extent begins; null for none.</param>
/// <param name="memory">Keeps what is read of its tables.</param>
/// <param name="decoded">Keeps decoded grains.</param>
internal sealed class SparseExtent(BlockSource file, GrainLayout layout, BlockSource? parent, MemoryBudget memory, DecodedBlocks decoded) : TableDisk(decoded)
{
    private const string Clause = "VMDK: Grain Directories and Grain Tables";
    private const int SectorSize = 512;
    private const int EntryLength = sizeof(uint);
    private const int MarkerLength = 12;
    private const uint ZeroGrain = 1;

    private readonly BlockCache _cache = new(file, TableCacheBlock, memory.Blocks);

    // Markers lie here and there: more than theirs would be read in vain.
    private readonly BlockCache? _markers = layout.IsCompressed ? new(file, SectorSize, memory.Blocks) : null;
    private readonly GrainCodec? _codec = layout.IsCompressed ? new(layout.GrainSize) : null;

    /// <inheritdoc/>
    public override string Format => VmdkFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => layout.Length;

    /// <inheritdoc/>
    public override Finding? FindSharedTable() => SharedTables.Find(
        file, "vmdk grain directory entry", layout.Directory, (layout.Length + layout.TableSpan - 1) / layout.TableSpan, EntryLength, uint.MaxValue);

    /// <summary>Whether grains are compressed.</summary>
    public bool IsCompressed => layout.IsCompressed;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long inTable = offset % layout.TableSpan;
        uint table = ReadUInt32(layout.Directory + (offset / layout.TableSpan * EntryLength));
        if (table == 0)
        {
            return Piece.OfParent(parent, offset, layout.TableSpan - inTable);
        }

        long inGrain = offset % layout.GrainSize;
        long left = layout.GrainSize - inGrain;
        uint sector = ReadUInt32(EntryAddress(table, inTable));
        if (sector == 0)
        {
            return Piece.OfParent(parent, offset, left);
        }

        if (sector == ZeroGrain && layout.HasZeroGrains)
        {
            return Piece.Hole(left);
        }

        long address = (long)sector * SectorSize;
        return layout.IsCompressed ? FindCompressed(address, offset, inGrain) : Piece.OfBlock(file, address, inGrain, left);
    }

    // A marker is before each grain: the first sector of it, and its bytes (VMDK: Stream-Optimized Compressed Sparse Extents).
    private Piece FindCompressed(long address, long offset, long inGrain)
    {
        long start = offset - inGrain;
        Span<byte> marker = stackalloc byte[MarkerLength];
        _markers!.ReadAt(address, marker);
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(marker);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(marker[8..]);
        if (first != (ulong)(start / SectorSize) || length == 0 || length > 2L * layout.GrainSize)
        {
            throw new InvalidImageException(
                "vmdk grain marker", address, $"it has {length} bytes of sector {first} instead of sector {start / SectorSize}", Clause);
        }

        return Piece.Encoded(file, address + MarkerLength, (int)length, _codec!, inGrain, (int)Math.Min(layout.GrainSize, Length - start));
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) => new(
        "vmdk grain", block.Address - MarkerLength, $"its {block.StoredLength} bytes are no whole stream of zlib with {block.Length} bytes in it", Clause);

    private long EntryAddress(uint table, long inTable) => ((long)table * SectorSize) + (inTable / layout.GrainSize * EntryLength);

    private uint ReadUInt32(long address)
    {
        Span<byte> bytes = stackalloc byte[EntryLength];
        _cache.ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
