using System.Buffers.Binary;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>An extent in grains: a part of a disk, or all of it.</summary>
/// <param name="file">The file.</param>
/// <param name="layout">How its grains are found.</param>
/// <param name="parent">The disk below, from where this extent begins; null for none.</param>
/// <param name="cacheSize">Bytes of its tables that it keeps.</param>
internal sealed class SparseExtent(BlockSource file, GrainLayout layout, BlockSource? parent, int cacheSize) : VirtualDisk(layout.IsCompressed ? layout.GrainSize : 0)
{
    private const string Clause = "VMDK: Grain Directories and Grain Tables";
    private const int SectorSize = 512;
    private const int EntryLength = sizeof(uint);
    private const int MarkerLength = 12;
    private const uint ZeroGrain = 1;

    private readonly BlockCache _cache = new(file, TableCacheBlock, cacheSize);

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
            return Piece.Parent(parent, offset, layout.TableSpan - inTable);
        }

        long inGrain = offset % layout.GrainSize;
        long left = layout.GrainSize - inGrain;
        uint sector = ReadUInt32(EntryAddress(table, inTable));
        if (sector == 0)
        {
            return Piece.Parent(parent, offset, left);
        }

        if (sector == ZeroGrain && layout.HasZeroGrains)
        {
            return Piece.Hole(left);
        }

        return layout.IsCompressed ? Piece.Encoded(left) : Piece.InBlock(file, (long)sector * SectorSize, inGrain, left);
    }

    /// <inheritdoc/>
    protected override EncodedBlock FindEncoded(long offset)
    {
        long number = offset / layout.GrainSize;
        long start = number * layout.GrainSize;
        return new EncodedBlock(number, start, (int)Math.Min(layout.GrainSize, Length - start));
    }

    // A marker is before each grain: the first sector of it, and its bytes (VMDK: Stream-Optimized Compressed Sparse Extents).
    /// <inheritdoc/>
    protected override void Decode(in EncodedBlock block, Span<byte> destination)
    {
        uint table = ReadUInt32(layout.Directory + (block.Offset / layout.TableSpan * EntryLength));
        long address = (long)ReadUInt32(EntryAddress(table, block.Offset % layout.TableSpan)) * SectorSize;
        Span<byte> marker = stackalloc byte[MarkerLength];
        file.ReadAt(address, marker);
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(marker);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(marker[8..]);
        if (first != (ulong)(block.Offset / SectorSize) || length == 0 || length > 2L * layout.GrainSize)
        {
            throw new InvalidImageException(
                "vmdk grain marker", address, $"{length} bytes of sector {first}, instead of sector {block.Offset / SectorSize}", Clause);
        }

        if (!TryDecode(address + MarkerLength, (int)length, destination))
        {
            throw new InvalidImageException(
                "vmdk grain", address, $"its {length} bytes are no whole stream of zlib with {destination.Length} bytes in it", Clause);
        }
    }

    // Of the grain that the disk ends in, some writers store what is left, and others all.
    private bool TryDecode(long address, int length, Span<byte> destination)
    {
        if (destination.Length < layout.GrainSize)
        {
            using var grain = new PooledBuffer(layout.GrainSize);
            if (BlockDecoder.TryDecode(Compression.Zlib, file, address, length, grain.Span))
            {
                grain.Span[..destination.Length].CopyTo(destination);
                return true;
            }
        }

        return BlockDecoder.TryDecode(Compression.Zlib, file, address, length, destination);
    }

    private long EntryAddress(uint table, long inTable) => ((long)table * SectorSize) + (inTable / layout.GrainSize * EntryLength);

    private uint ReadUInt32(long address)
    {
        Span<byte> bytes = stackalloc byte[EntryLength];
        _cache.ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
