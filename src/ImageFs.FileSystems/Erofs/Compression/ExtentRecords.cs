using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>
/// Extents by records of them (z_erofs_extent), of which a file has only as much as it needs: lengths alone of clusters that follow each other (4
/// bytes), lengths and places of clusters of one size (8), or where each extent begins too (16, 32).
/// </summary>
internal sealed class ExtentRecords : ExtentLookup
{
    private const int LengthSize = 4;
    private const int PlaceSize = 8;
    private const int StartSize = 16;
    private const int MaxSize = 32;
    private const uint LengthMask = (2u << 20) - 1;
    private const uint StartOnly = 1u << 27;
    private const int CompressorShift = 28;

    // Lengths that are added up for a place: a file of 256 GiB in clusters of 4 KiB.
    private const long MaxAdded = 1 << 26;

    private readonly BlockCache _metadata;
    private readonly Inode _inode;
    private readonly MapHeader _header;
    private readonly int _recordSize;
    private readonly int _blockSize;
    private readonly int _clusterBits;
    private readonly long _first;

    // Where records have lengths alone, the place of the cluster that was last looked for: they are added up from there.
    private volatile Place? _last;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The file, which is not empty.</param>
    /// <param name="header">The header of the records.</param>
    /// <exception cref="ImageException">They are not there.</exception>
    public ExtentRecords(ErofsVolume volume, in Inode inode, MapHeader header)
    {
        _metadata = volume.Metadata(inode.IsInMetabox);
        _inode = inode;
        _header = header;
        _recordSize = header.ExtentSize;
        _blockSize = volume.Geometry.BlockSize;
        _clusterBits = volume.Geometry.BlockBits + header.ClusterBits;
        _first = Geometry.Align(header.End, _recordSize);
    }

    /// <inheritdoc/>
    public override FileExtent Find(long offset) =>
        _recordSize == LengthSize ? FindByLengths(offset) : _recordSize == PlaceSize ? FindByClusters(offset) : FindByStarts(offset);

    private FileExtent FindByLengths(long offset)
    {
        long number = offset >> _clusterBits;
        if (number > MaxAdded)
        {
            throw new UnsupportedFeatureException($"EROFS with more than {MaxAdded} clusters in a row that have lengths alone (node {_inode.Node})");
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        long lengths = _first + sizeof(ulong);
        Place? place = _last;
        if (place is null || place.Number > number)
        {
            _metadata.ReadAt(_first, bytes);
            place = new Place(0, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        ulong address = place.Address;
        for (long i = place.Number; i < number; i++)
        {
            address = unchecked(address + (ReadLength(lengths + (i * LengthSize)) & LengthMask));
        }

        _last = new Place(number, address);
        return ToClusterExtent(number, ReadLength(lengths + (number * LengthSize)), address);
    }

    private FileExtent FindByClusters(long offset)
    {
        long number = offset >> _clusterBits;
        Span<byte> bytes = stackalloc byte[PlaceSize];
        _metadata.ReadAt(_first + (number * PlaceSize), bytes);
        return ToClusterExtent(number, BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[LengthSize..]));
    }

    private FileExtent ToClusterExtent(long number, uint length, ulong address) => ToExtent(
        number << _clusterBits,
        number >= (_inode.Size - 1) >> _clusterBits ? _inode.Size : (number + 1) << _clusterBits,
        number >= (_inode.Size - 1) >> _clusterBits,
        length,
        address);

    private FileExtent FindByStarts(long offset)
    {
        Span<byte> bytes = stackalloc byte[MaxSize];
        long low = 0;
        long high = _header.Extents;
        long start = _inode.Size;
        long end = _inode.Size;
        uint length = 0;
        ulong address = 0;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            _metadata.ReadAt(_first + (middle * _recordSize), bytes[.._recordSize]);
            ulong begin = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..])
                | (_recordSize > StartSize ? (ulong)BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]) << 32 : 0);
            if (begin > (ulong)offset)
            {
                end = begin <= (ulong)end ? (long)begin : throw _inode.Damaged($"the record {middle} of its extents begins at {begin}, and a later one at {end}");
                high = middle;
            }
            else
            {
                start = (long)begin;
                length = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
                address = BinaryPrimitives.ReadUInt64LittleEndian(bytes[LengthSize..]);
                low = middle + 1;
            }
        }

        return start > offset
            ? new FileExtent(offset, end, ExtentStorage.Hole)
            : ToExtent(start, end, low >= _header.Extents, length, address);
    }

    private FileExtent ToExtent(long start, long end, bool isLast, uint length, ulong address)
    {
        if (isLast && _header.Advice.HasFlag(Advice.Fragment))
        {
            ulong place = length | (_recordSize > LengthSize ? address << 32 : 0);
            return new FileExtent(start, end, ExtentStorage.Fragment)
            {
                Address = place <= long.MaxValue ? (long)place : throw _inode.Damaged($"its end is at {place} of the packed inode"),
            };
        }

        int stored = (int)(length & LengthMask);
        if (stored == 0)
        {
            return new FileExtent(start, end, ExtentStorage.Hole);
        }

        int compressor = (int)(length >> CompressorShift) - 1;
        if (address > long.MaxValue || stored > CompressedFile.MaxCluster || (compressor < 0 && end - start > stored))
        {
            throw _inode.Damaged($"{end - start} bytes from {start} on are stored in {stored} at {address}");
        }

        bool isAligned = address % (ulong)_blockSize == 0 && stored % _blockSize == 0;
        return new FileExtent(start, end, compressor >= 0 ? ExtentStorage.Compressed
            : _header.Advice.HasFlag(Advice.Interlaced) && isAligned ? ExtentStorage.Interlaced
            : ExtentStorage.Shifted)
        {
            Address = (long)address,
            StoredLength = stored,
            Compressor = compressor,
            IsStart = (length & StartOnly) != 0,
        };
    }

    private uint ReadLength(long address)
    {
        Span<byte> bytes = stackalloc byte[LengthSize];
        _metadata.ReadAt(address, bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private sealed record Place(long Number, ulong Address);
}
