using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Files;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>The virtual allocation table: a file that has the place of every block of a virtual partition (UDF 2.2.11).</summary>
internal static class VirtualAllocationTable
{
    /// <summary>What it is called.</summary>
    public const string Name = "virtual allocation table";

    /// <summary>The clause that specifies it.</summary>
    public const string Clause = "UDF 2.60 2.2.11";

    // Of 1.50: the entries are followed by an identifier, and the ICB of the table before.
    private const int OldTrailer = EntityIdentifier.Length + sizeof(uint);

    private const int MinHeader = 152;
    private const int PreviousPlace = 132;

    /// <summary>Opens the entries of a table.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="icb">Where its ICB may be.</param>
    /// <param name="block">At least a block, for the ICB.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ImageException">There is one, but it is damaged.</exception>
    public static BlockSource? TryOpen(UdfVolume volume, LogicalBlock icb, Span<byte> block)
    {
        if (!volume.Space.Contains(icb))
        {
            return null;
        }

        volume.ReadAt(volume.Space, volume.Space.ToAddress(icb), block);
        var tag = new DescriptorTag(block);
        bool isEntry = tag.Identifier is TagIdentifier.FileEntry or TagIdentifier.ExtendedFileEntry
            && tag.Location == icb.Block && tag.FindProblem() is null && tag.FindWrongCrc() is null;
        if (!isEntry)
        {
            return null;
        }

        FileEntry entry = volume.ReadFileEntry(icb, block);
        return entry.FileType switch
        {
            FileType.VirtualAllocationTable => Open(volume, entry),
            FileType.Unspecified => TryOpenOld(volume, entry),
            _ => null,
        };
    }

    /// <summary>The block of the partition that the ICB of the table before is in; null when there is none (2.2.11).</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="icb">The ICB of a table.</param>
    /// <exception cref="ImageException">The table is damaged.</exception>
    public static uint? FindPrevious(UdfVolume volume, LogicalBlock icb)
    {
        using var block = new PooledBuffer(volume.BlockSize);
        FileEntry entry = volume.ReadFileEntry(icb, block.Span);
        MappedSource table = volume.OpenContents(entry);
        long place = entry.FileType == FileType.VirtualAllocationTable ? PreviousPlace : table.Length - sizeof(uint);
        Span<byte> field = stackalloc byte[sizeof(uint)];
        volume.ReadAt(table, Math.Max(0, place), field);
        uint previous = BinaryPrimitives.ReadUInt32LittleEndian(field);
        return previous is not (0 or uint.MaxValue) && previous < icb.Block ? previous : null;
    }

    private static BlockSlice Open(UdfVolume volume, FileEntry entry)
    {
        MappedSource table = volume.OpenContents(entry);
        Span<byte> field = stackalloc byte[sizeof(ushort)];
        volume.ReadAt(table, 0, field);
        int header = BinaryPrimitives.ReadUInt16LittleEndian(field);
        return header >= MinHeader && header <= table.Length
            ? new BlockSlice(table, header, table.Length - header)
            : throw new InvalidImageException(Name, entry.Address, $"its header has {header} bytes, all of it {table.Length}", Clause);
    }

    private static BlockSlice? TryOpenOld(UdfVolume volume, FileEntry entry)
    {
        if (entry.InformationLength < OldTrailer)
        {
            return null;
        }

        MappedSource table = volume.OpenContents(entry);
        long entries = table.Length - OldTrailer;
        Span<byte> identifier = stackalloc byte[EntityIdentifier.Length];
        volume.ReadAt(table, entries, identifier);
        return new EntityIdentifier(identifier).Identifier.SequenceEqual("*UDF Virtual Alloc Tbl"u8)
            ? new BlockSlice(table, 0, entries)
            : null;
    }
}

/// <summary>A partition whose blocks a virtual allocation table has, each by itself (UDF 2.2.11).</summary>
/// <param name="table">The table's entries, four bytes for each block.</param>
/// <param name="physical">The partition that they are blocks of.</param>
/// <param name="blockSize">Bytes in a block.</param>
/// <param name="pool">Keeps what is read of the table.</param>
internal sealed class VirtualPartition(BlockSource table, BlockSource physical, int blockSize, BlockPool pool) : PiecedSource
{
    private const int EntryLength = sizeof(uint);
    private const int CacheBlockSize = 2048;
    private const uint Unused = uint.MaxValue;

    private readonly BlockCache _table = new(table, CacheBlockSize, pool);

    /// <inheritdoc/>
    public override long Length => table.Length / EntryLength * blockSize;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long block = Math.DivRem(offset, blockSize, out long inBlock);
        Span<byte> entry = stackalloc byte[EntryLength];
        _table.ReadAt(block * EntryLength, entry);
        uint place = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        return place != Unused
            ? Piece.Mapped(physical, ((long)place * blockSize) + inBlock, blockSize - inBlock)
            : throw new InvalidImageException("virtual allocation table", offset, $"block {block} has no place", "UDF 2.60 2.2.11");
    }
}
