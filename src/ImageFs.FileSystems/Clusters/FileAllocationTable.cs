using System.Buffers.Binary;
using ImageFs.FileSystems.Bitmaps;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Clusters;

/// <summary>How wide the entries of a file allocation table are.</summary>
internal enum EntryWidth
{
    /// <summary>12 bits: two entries in three bytes.</summary>
    Fat12 = 12,

    /// <summary>16 bits.</summary>
    Fat16 = 16,

    /// <summary>32 bits, of which the upper 4 are reserved.</summary>
    Fat32 = 32,

    /// <summary>32 bits, all of them.</summary>
    ExFat = 33,
}

/// <summary>
/// A file allocation table: for each cluster the number of the next one of its file (fatgen103 4, exFAT 4). Entries are read as they
/// are needed, through the cache.
/// </summary>
/// <param name="blocks">The volume, through its cache.</param>
/// <param name="address">Where the table begins, in bytes from the start of the volume.</param>
/// <param name="width">How wide its entries are.</param>
/// <param name="heap">The clusters that it is about.</param>
internal sealed class FileAllocationTable(BlockCache blocks, long address, EntryWidth width, ClusterHeap heap)
{
    /// <summary>The entry of a free cluster.</summary>
    public const uint Free = 0;

    // The mark of a bad cluster; everything above it ends a chain.
    private readonly uint _bad = width switch
    {
        EntryWidth.Fat12 => 0xFF7,
        EntryWidth.Fat16 => 0xFFF7,
        EntryWidth.Fat32 => 0x0FFF_FFF7,
        _ => 0xFFFF_FFF7,
    };

    /// <summary>The clusters that the table is about.</summary>
    public ClusterHeap Heap => heap;

    /// <summary>The entry of a cluster.</summary>
    /// <exception cref="ImageException">The table lies beyond the end of the image.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public uint this[uint cluster]
    {
        get
        {
            Span<byte> bytes = stackalloc byte[sizeof(uint)];
            switch (width)
            {
                case EntryWidth.Fat12:
                    blocks.ReadAt(AddressOf(cluster), bytes[..2]);
                    ushort pair = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                    return (cluster & 1) == 0 ? pair & 0xFFFu : (uint)pair >> 4;
                case EntryWidth.Fat16:
                    blocks.ReadAt(AddressOf(cluster), bytes[..2]);
                    return BinaryPrimitives.ReadUInt16LittleEndian(bytes);
                case EntryWidth.Fat32:
                    blocks.ReadAt(AddressOf(cluster), bytes);
                    return BinaryPrimitives.ReadUInt32LittleEndian(bytes) & 0x0FFF_FFFF;
                default:
                    blocks.ReadAt(AddressOf(cluster), bytes);
                    return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
            }
        }
    }

    /// <summary>Where the entry of a cluster is, in bytes from the start of the volume.</summary>
    public long AddressOf(uint cluster) => address + (width switch
    {
        EntryWidth.Fat12 => cluster + (cluster / 2L),
        EntryWidth.Fat16 => cluster * 2L,
        _ => cluster * 4L,
    });

    /// <summary>Whether an entry ends a chain.</summary>
    public bool IsEnd(uint entry) => entry > _bad;

    /// <summary>What an entry is that is no link to a cluster and no end of a chain.</summary>
    public string Name(uint entry) =>
        entry == Free ? "a free cluster" : entry == _bad ? "a bad cluster" : $"cluster {entry}, which the volume does not have";

    /// <summary>Counts the clusters that are free: reads the whole table.</summary>
    /// <param name="source">The volume, past the cache.</param>
    /// <exception cref="ImageException">The table lies beyond the end of the image.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public uint CountFree(BlockSource source)
    {
        uint free = 0;
        if (width is EntryWidth.Fat12 or EntryWidth.Fat16)
        {
            for (uint i = 0; i < heap.Count; i++)
            {
                free += this[ClusterHeap.FirstCluster + i] == Free ? 1u : 0;
            }

            return free;
        }

        // The upper four bits of FAT32 are reserved.
        const uint Link = 0x0FFF_FFFF;
        SparseRead.Run(
            source,
            AddressOf(ClusterHeap.FirstCluster),
            AddressOf(ClusterHeap.FirstCluster) + (heap.Count * (long)sizeof(uint)),
            sizeof(uint),
            piece =>
            {
                for (; !piece.IsEmpty; piece = piece[sizeof(uint)..])
                {
                    free += (BinaryPrimitives.ReadUInt32LittleEndian(piece) & Link) == Free ? 1u : 0;
                }
            },
            length => free += (uint)(length / sizeof(uint)));
        return free;
    }
}

/// <summary>
/// The number of free clusters: counted once, by the first that asks. A volume whose map of them cannot be read has what is known all the
/// same: statfs(2) must not fail for that.
/// </summary>
/// <param name="count">Counts them.</param>
/// <param name="guess">What is known without counting.</param>
internal sealed class FreeClusters(Func<uint> count, Func<uint> guess)
{
    private readonly Lock _gate = new();
    private uint? _count;

    /// <summary>How many there are.</summary>
    public uint Count
    {
        get
        {
            lock (_gate)
            {
                try
                {
                    return _count ??= count();
                }
                catch (ImageException)
                {
                    return (_count = guess()).Value;
                }
                catch (LinuxException)
                {
                    // A device that failed may recover.
                    return guess();
                }
            }
        }
    }
}
