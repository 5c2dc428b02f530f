using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>A partition whose blocks a virtual allocation table has, each by itself (UDF 2.2.11).</summary>
/// <param name="table">The table's entries, four bytes for each block.</param>
/// <param name="physical">The partition that they are blocks of.</param>
/// <param name="blockSize">Bytes in a block.</param>
internal sealed class VirtualPartition(BlockSource table, BlockSource physical, int blockSize) : BlockSource
{
    private const int EntryLength = sizeof(uint);
    private const int CacheBlockSize = 2048;
    private const int CacheLength = 64 * 1024;
    private const uint Unused = uint.MaxValue;

    private readonly BlockCache _table = new(table, CacheBlockSize, CacheLength);

    /// <inheritdoc/>
    public override long Length => table.Length / EntryLength * blockSize;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        long block = Math.DivRem(offset, blockSize, out long inBlock);
        Span<byte> entry = stackalloc byte[EntryLength];
        _table.ReadAt(block * EntryLength, entry);
        uint place = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        below = physical;
        return place != Unused
            ? Extent.Mapped(offset, Math.Min(maxLength, blockSize - inBlock), ((long)place * blockSize) + inBlock)
            : throw new InvalidImageException("virtual allocation table", offset, $"block {block} has no place", "UDF 2.60 2.2.11");
    }
}
