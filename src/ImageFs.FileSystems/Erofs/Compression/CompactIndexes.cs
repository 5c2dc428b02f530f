using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>
/// Indexes in packs: of 2 in 8 bytes, or of 16 in 32 bytes. Each has as many bits as a place in a cluster needs, and 2 for its type; the last four
/// bytes of a pack are the block that the ones before count from (EROFS_INODE_COMPRESSED_COMPACT).
/// </summary>
internal sealed class CompactIndexes : ClusterIndexes
{
    private const int LongSize = 4;
    private const int ShortSize = 2;
    private const int LongPack = 2;
    private const int ShortPack = 16;
    private const int MaxPackBytes = 32;
    private const int MaxClusterBits = 14;
    private const int MaxShortClusterBits = 12;
    private const int MinOffsetBits = 12;

    private readonly BlockCache _metadata;
    private readonly Inode _inode;
    private readonly long _start;
    private readonly long _count;
    private readonly long _longFirst;
    private readonly long _short;
    private readonly int _offsetBits;
    private readonly bool _hasLargeClusters;

    /// <param name="metadata">What has them.</param>
    /// <param name="inode">The file.</param>
    /// <param name="header">The header before them.</param>
    /// <param name="geometry">The file system's.</param>
    /// <exception cref="UnsupportedFeatureException">Clusters are larger than such indexes can be of.</exception>
    public CompactIndexes(BlockCache metadata, in Inode inode, MapHeader header, Geometry geometry)
    {
        int clusterBits = geometry.BlockBits + header.ClusterBits;
        _metadata = metadata;
        _inode = inode;
        _start = header.End;
        _count = ((inode.Size - 1) >> geometry.BlockBits) + 1;
        _offsetBits = Math.Max(clusterBits, MinOffsetBits);
        _hasLargeClusters = header.Advice.HasFlag(Advice.LargeClusters1);

        // Short ones begin where a pack of them is aligned, and fill whole packs.
        _longFirst = (MaxPackBytes - (_start % MaxPackBytes)) / LongSize % (MaxPackBytes / LongSize);
        _short = header.Advice.HasFlag(Advice.OtherIndexes) && _longFirst < _count ? (_count - _longFirst) / ShortPack * ShortPack : 0;
        if (clusterBits > MaxClusterBits || (_short > 0 && clusterBits > MaxShortClusterBits))
        {
            throw new UnsupportedFeatureException($"EROFS with compact indexes of clusters of 2^{clusterBits} bytes");
        }
    }

    /// <inheritdoc/>
    public override LogicalCluster Read(long number)
    {
        if (number >= _count)
        {
            throw _inode.Damaged($"there is no index of cluster {number}, but of {_count}");
        }

        (long address, int size) = Locate(number);
        int count = size == ShortSize ? ShortPack : LongPack;
        int packBytes = count * size;
        long pack = address - (address % packBytes);
        Span<byte> buffer = stackalloc byte[MaxPackBytes];
        _metadata.ReadAt(pack, buffer[..packBytes]);
        return Read(new Pack(buffer[..packBytes], count, _offsetBits), (int)((address - pack) / size)) with { IndexEnd = pack + packBytes };
    }

    private (long Address, int Size) Locate(long number)
    {
        if (number < _longFirst)
        {
            return (_start + (number * LongSize), LongSize);
        }

        long address = _start + (_longFirst * LongSize);
        number -= _longFirst;
        return number < _short
            ? (address + (number * ShortSize), ShortSize)
            : (address + (_short * ShortSize) + ((number - _short) * LongSize), LongSize);
    }

    private LogicalCluster Read(Pack pack, int index)
    {
        (ClusterType type, int value) = pack[index];
        if (type != ClusterType.NonHead)
        {
            return new LogicalCluster(type) { Offset = value, Block = unchecked(pack.Block + (uint)CountBlocksBefore(pack, index)) };
        }

        var cluster = new LogicalCluster(type) { Ahead = FindAhead(pack, index) };
        if ((value & CountsBlocks) != 0)
        {
            return _hasLargeClusters
                ? cluster with { Back = 1, StoredBlocks = value & ~CountsBlocks }
                : throw _inode.Damaged("a compact index counts blocks, and all clusters have one");
        }

        if (index + 1 < pack.Count)
        {
            return cluster with { Back = value };
        }

        // The last one of a pack has the distance ahead: that back is one more than that of the one before.
        (type, value) = pack[index - 1];
        return cluster with { Back = type != ClusterType.NonHead ? 1 : (value & CountsBlocks) != 0 ? 2 : value + 1 };
    }

    private static int FindAhead(Pack pack, int index)
    {
        int value = 0;
        int ahead = 0;
        for (; index < pack.Count; index++, ahead++)
        {
            (ClusterType type, value) = pack[index];
            if (type != ClusterType.NonHead)
            {
                return ahead;
            }
        }

        return (value & CountsBlocks) != 0 ? ahead : ahead + value - 1;
    }

    // Blocks of the extents that begin before in the pack.
    private int CountBlocksBefore(Pack pack, int index)
    {
        int blocks = _hasLargeClusters ? 0 : 1;
        while (index > 0)
        {
            (ClusterType type, int value) = pack[--index];
            if (type != ClusterType.NonHead)
            {
                blocks++;
            }
            else if (!_hasLargeClusters)
            {
                index -= value;
                blocks += index >= 0 ? 1 : 0;
            }
            else if ((value & CountsBlocks) != 0)
            {
                index--;
                blocks += value & ~CountsBlocks;
            }
            else
            {
                index -= value > 1 ? value - 2 : throw _inode.Damaged($"a compact index is {value} clusters behind its head");
            }
        }

        return blocks;
    }

    /// <summary>A pack of indexes.</summary>
    private readonly ref struct Pack(ReadOnlySpan<byte> bytes, int count, int offsetBits)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;
        private readonly int _bits = (bytes.Length - sizeof(uint)) * 8 / count;

        public int Count => count;

        /// <summary>The block that they count from.</summary>
        public uint Block => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[^sizeof(uint)..]);

        public (ClusterType Type, int Value) this[int index]
        {
            get
            {
                int bit = index * _bits;
                uint bits = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(bit / 8)..]) >> (bit % 8);
                return ((ClusterType)((bits >> offsetBits) & 3), (int)(bits & ((1u << offsetBits) - 1)));
            }
        }
    }
}
