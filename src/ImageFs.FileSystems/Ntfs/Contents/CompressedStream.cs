using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Ntfs.Contents;

/// <summary>
/// A stream that NTFS compresses, unit by unit (linux-ntfs, Compression). One that has no clusters is zeros, one that has all of its clusters is
/// stored as it is, and one that has fewer is encoded in them.
/// </summary>
internal sealed class CompressedStream : PiecedSource
{
    // Windows has units of at most 64 KiB.
    private const int MaxUnit = 16 << 20;

    private readonly BlockSource _volume;
    private readonly NtfsStream _stream;
    private readonly MappedSource _clusters;
    private readonly int _unit;
    private readonly long _record;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="stream">The stream, which has clusters.</param>
    /// <param name="decoded">Keeps decoded units.</param>
    /// <exception cref="InvalidImageException">Its units are too large.</exception>
    public CompressedStream(NtfsVolume volume, FileRecord record, NtfsStream stream, DecodedBlocks decoded)
        : base(decoded)
    {
        if (stream.CompressionUnit is 0 or > 24 || (long)volume.Geometry.ClusterSize << stream.CompressionUnit > MaxUnit)
        {
            throw record.Damaged($"its units of compression have 2^{stream.CompressionUnit} clusters of {volume.Geometry.ClusterSize} bytes", AttributeRecord.Clause);
        }

        _volume = volume.Source;
        _stream = stream;
        _clusters = new MappedSource(volume.Source, stream.Clusters);
        _unit = volume.Geometry.ClusterSize << stream.CompressionUnit;
        _record = record.Number;
    }

    /// <inheritdoc/>
    public override long Length => _stream.Size;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        if (offset >= _stream.InitializedSize)
        {
            return Piece.Hole(Length - offset);
        }

        long start = offset % _unit;
        long rest = Math.Min(_unit - start, _stream.InitializedSize - offset);
        long unit = offset - start;
        long stored = CountStored(unit);
        if (stored == 0)
        {
            return Piece.Hole(rest);
        }

        if (stored == _unit)
        {
            Extent extent = _stream.Clusters.Find(offset, rest);
            return Piece.Mapped(_volume, extent.Address, extent.Length);
        }

        // In fragments it is put together by the map of the stream.
        Extent whole = _stream.Clusters.Find(unit, stored);
        return whole.Length == stored
            ? Piece.Encoded(_volume, whole.Address, (int)stored, Codecs.Lznt1, start, _unit, rest)
            : Piece.Encoded(_clusters, unit, (int)stored, Codecs.Lznt1, start, _unit, rest);
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) => new(
        $"file record {_record}", block.Address, $"the {block.StoredLength} bytes of its compressed unit at {block.Offset} are not of LZNT1", "[MS-XCA] 2.5");

    // Bytes of the clusters that a unit has: they are its first ones.
    private long CountStored(long unit)
    {
        long end = Math.Min(unit + _unit, _stream.Clusters.Length);
        long stored = unit;
        for (long at = unit; at < end;)
        {
            Extent extent = _stream.Clusters.Find(at, end - at);
            if (extent.Kind == ExtentKind.Mapped)
            {
                stored = stored == at ? at + extent.Length : throw new InvalidImageException(
                    $"file record {_record}", extent.Address, $"its compressed unit at {unit} has a hole before its last cluster", DataRun.Clause);
            }

            at += extent.Length;
        }

        return stored - unit;
    }
}
