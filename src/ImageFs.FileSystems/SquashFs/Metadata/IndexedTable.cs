using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>A table in metadata blocks, whose addresses are in an index that is not compressed.</summary>
internal sealed class IndexedTable
{
    private const string Clause = "squashfs_super_block";

    private readonly string _name;
    private readonly MetadataReader _metadata;
    private readonly Lazy<long[]> _blocks;
    private readonly int _entrySize;

    /// <param name="name">What it is a table of, for messages.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="address">Where the index begins.</param>
    /// <param name="count">Entries of the table.</param>
    /// <param name="entrySize">Bytes of each.</param>
    /// <param name="super">The super block.</param>
    public IndexedTable(string name, BlockSource volume, MetadataReader metadata, ulong address, long count, int entrySize, SuperBlock super)
    {
        _name = name;
        _metadata = metadata;
        _entrySize = entrySize;
        Count = count;
        _blocks = new Lazy<long[]>(() => ReadIndex(volume, address, super), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>Entries.</summary>
    public long Count { get; }

    private int PerBlock => MetadataBlock.MaxLength / _entrySize;

    /// <summary>Reads an entry.</summary>
    /// <param name="number">Its number, below <see cref="Count"/>.</param>
    /// <param name="entry">Filled whole.</param>
    /// <exception cref="ImageException">It is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(long number, Span<byte> entry)
    {
        (long block, long inBlock) = Math.DivRem(number, PerBlock);
        MetadataCursor cursor = _metadata.Open(new MetadataPosition(_blocks.Value[block], (int)inBlock * _entrySize));
        cursor.Read(entry);
    }

    private long[] ReadIndex(BlockSource volume, ulong address, SuperBlock super)
    {
        int size = super.Layout.PointerSize;
        long blocks = (Count + PerBlock - 1) / PerBlock;
        if (address >= super.BytesUsed || (ulong)(blocks * size) > super.BytesUsed - address)
        {
            throw new InvalidImageException($"index of {_name}", (long)Math.Min(address, long.MaxValue), $"its {blocks} addresses reach beyond the end of the file system", Clause);
        }

        // The last of them first: what is not there takes no memory.
        if (blocks > 0)
        {
            volume.ReadAt((long)address + ((blocks - 1) * size), stackalloc byte[size]);
        }

        byte[] bytes = new byte[blocks * size];
        volume.ReadAt((long)address, bytes);
        long[] index = new long[blocks];
        for (int i = 0; i < index.Length; i++)
        {
            ulong value = new Fields(bytes.AsSpan(i * size, size), super.Magic.IsBigEndian)[new Field(0, size * 8)];
            index[i] = value < super.BytesUsed
                ? (long)value
                : throw new InvalidImageException($"index of {_name}", (long)address + (i * size), $"block {i} is at 0x{value:X}, beyond the end of the file system", Clause);
        }

        return index;
    }
}
