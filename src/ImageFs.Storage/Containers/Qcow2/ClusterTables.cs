using System.Buffers.Binary;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>An entry of an L2 table (qcow2: Cluster mapping).</summary>
/// <param name="Address">Where the entry is in the file.</param>
/// <param name="Descriptor">Its first word.</param>
/// <param name="Subclusters">The bitmap of an extended entry: 32 bits of what is allocated, 32 of what is zeros; 0 otherwise.</param>
internal readonly record struct ClusterEntry(long Address, ulong Descriptor, ulong Subclusters)
{
    private const ulong Copied = 1UL << 63;
    private const ulong Compressed = 1UL << 62;
    private const ulong Zero = 1;
    private const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
    private const int SectorSize = 512;

    public bool IsCompressed => (Descriptor & Compressed) != 0;

    /// <summary>Whether all of the cluster reads as zeros; a bit of entries that are not extended.</summary>
    public bool IsZero => (Descriptor & Zero) != 0;

    /// <summary>Where the cluster is.</summary>
    public long HostOffset => (long)(Descriptor & OffsetMask);

    /// <summary>Whether there is a cluster; one at 0 can only be in a data file, and is marked.</summary>
    public bool IsAllocated(bool isInDataFile) => HostOffset != 0 || (isInDataFile && (Descriptor & Copied) != 0);

    /// <summary>Where the bytes of a compressed cluster are: its length reaches to the end of a sector, and may be too much.</summary>
    public (long Address, int Length) CompressedPlace(int clusterBits)
    {
        int lengthBits = clusterBits - 8;
        int offsetBits = 62 - lengthBits;
        long address = (long)(Descriptor & ((1UL << offsetBits) - 1));
        int sectors = (int)((Descriptor >> offsetBits) & ((1UL << lengthBits) - 1)) + 1;
        return (address, (sectors * SectorSize) - (int)(address & (SectorSize - 1)));
    }

    /// <summary>Whether a subcluster, by its number, is allocated.</summary>
    public bool HasSubcluster(int number) => (Subclusters & (1UL << number)) != 0;

    /// <summary>Whether a subcluster, by its number, reads as zeros.</summary>
    public bool IsZeroSubcluster(int number) => (Subclusters & (1UL << (32 + number))) != 0;
}

/// <summary>The L1 table and the L2 tables of a disk: they tell where each cluster is (qcow2: Cluster mapping).</summary>
internal sealed class ClusterTables
{
    private const string Clause = "qcow2: Cluster mapping";

    // Bits 9 to 55 of an entry.
    private const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
    private const int L1EntryBits = 3;

    private readonly BlockSource _source;
    private readonly long _wanted;
    private readonly BlockCache _cache;
    private readonly TablePlace _l1;
    private readonly int _clusterBits;
    private readonly int _entryBits;

    /// <param name="source">The file.</param>
    /// <param name="l1">The L1 table.</param>
    /// <param name="clusterBits">Base-2 logarithm of the bytes in a cluster.</param>
    /// <param name="isExtended">Whether L2 entries have a bitmap of subclusters.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="memory">Keeps what is read of them.</param>
    /// <exception cref="InvalidImageException">The L1 table is not where it can be, or is too small for the disk.</exception>
    public ClusterTables(BlockSource source, TablePlace l1, int clusterBits, bool isExtended, long length, MemoryBudget memory)
    {
        _cache = new BlockCache(source, TableDisk.TableCacheBlock, memory.Blocks);
        _l1 = l1;
        _clusterBits = clusterBits;
        _entryBits = isExtended ? 4 : 3;
        _source = source;
        long wanted = length == 0 ? 0 : ((length - 1) >> SpanBits) + 1;
        _wanted = wanted;
        if (l1.Count < wanted)
        {
            throw new InvalidImageException("qcow2 L1 table", (long)(l1.Address & OffsetMask), $"it has {l1.Count} entries, and the disk needs {wanted}", Clause);
        }

        if (wanted > 0 && ((l1.Address & (ulong)(ClusterSize - 1)) != 0 || l1.Address > (ulong)source.Length || wanted << L1EntryBits > source.Length - (long)l1.Address))
        {
            throw new InvalidImageException("qcow2 header", 40, $"its L1 table of {wanted} entries at 0x{l1.Address:X} is not aligned, or runs past the end of the file at 0x{source.Length:X}", Clause);
        }
    }

    /// <summary>An L2 table that two L1 entries name; null when there is none.</summary>
    public Finding? FindShared() => SharedTables.Find(_source, "qcow2 L1 table entry", (long)_l1.Address, _wanted, 1 << L1EntryBits, OffsetMask);

    /// <summary>Bytes in a cluster.</summary>
    public long ClusterSize => 1L << _clusterBits;

    /// <summary>Bytes of the disk that one L2 table is about.</summary>
    public long Span => 1L << SpanBits;

    private int SpanBits => _clusterBits + _clusterBits - _entryBits;

    private bool IsExtended => _entryBits == 4;

    /// <summary>The L2 entry of the cluster that an offset of the disk is in.</summary>
    /// <param name="offset">The offset.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>False when there is no L2 table: no cluster of its span is allocated.</returns>
    public bool TryFind(long offset, out ClusterEntry entry)
    {
        entry = default;
        long l1Address = checked((long)_l1.Address + ((offset >> SpanBits) << L1EntryBits));
        long table = (long)(ReadUInt64(l1Address) & OffsetMask);
        if (table == 0)
        {
            return false;
        }

        if ((table & (ClusterSize - 1)) != 0 || table > _cache.Length - ClusterSize)
        {
            throw new InvalidImageException("qcow2 L1 table entry", l1Address, $"its L2 table at 0x{table:X} is not aligned, or runs past the end of the file", Clause);
        }

        long address = table + (((offset & (Span - 1)) >> _clusterBits) << _entryBits);
        entry = new ClusterEntry(address, ReadUInt64(address), IsExtended ? ReadUInt64(address + 8) : 0);
        return true;
    }

    private ulong ReadUInt64(long address)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        _cache.ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }
}
