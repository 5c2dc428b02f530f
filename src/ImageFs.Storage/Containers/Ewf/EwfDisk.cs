using ImageFs.Storage.Checking;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>The disk in a forensic image: chunks, each compressed or as it is with a checksum behind it.</summary>
internal sealed class EwfDisk : TableDisk
{
    private readonly EwfReader _image;
    private readonly long[] _firsts;
    private readonly int _chunkSize;

    /// <param name="image">What the image tells.</param>
    /// <param name="decoded">Keeps decoded chunks.</param>
    public EwfDisk(EwfReader image, DecodedBlocks decoded)
        : base(decoded)
    {
        _image = image;
        _firsts = [.. image.Tables.Select(table => table.First)];
        _chunkSize = image.Geometry.ChunkSize;
    }

    /// <inheritdoc/>
    public override string Format => EwfFormat.FormatName;

    /// <inheritdoc/>
    public override long Length => _image.Geometry.Length;

    /// <inheritdoc/>
    public override int? LogicalSectorSize => _image.Geometry.SectorSize;

    /// <inheritdoc/>
    public override IReadOnlyList<Check> Checks => new EwfChecks(this, _image).All;

    /// <summary>Bytes of a chunk of the disk.</summary>
    /// <param name="chunk">Its number.</param>
    public int LengthOf(long chunk) => (int)Math.Min(_chunkSize, Length - (chunk * _chunkSize));

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        Geometry geometry = _image.Geometry;
        ImageDescription description = base.Describe();
        _image.Case?.AddTo(description);
        description
            .With("medium", geometry.Medium)
            .With("whole-medium", geometry.IsPhysical)
            .With("segments", (long)_image.Segments.Count)
            .With("chunk-size", (long)_chunkSize)
            .With("compression", geometry.Compression)
            .With("set-uuid", geometry.SetId?.ToString())
            .With("unreadable-runs", _image.BadRuns > 0 ? _image.BadRuns : null);
        foreach (StoredHash hash in _image.Hashes)
        {
            description.With(hash.Name, hash.Value);
        }

        return description.With("missing", _image.Missing);
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long chunk = Math.DivRem(offset, _chunkSize, out long inChunk);
        if (chunk >= _image.Chunks)
        {
            throw new TruncatedImageException($"byte 0x{offset:X} of the disk is in no chunk that is there: {_image.Missing}");
        }

        int found = Array.BinarySearch(_firsts, chunk);
        ChunkTable table = _image.Tables[found < 0 ? ~found - 1 : found];
        StoredChunk stored = table.Find((int)(chunk - table.First));
        int length = LengthOf(chunk);
        if (stored.IsCompressed)
        {
            // What cannot be compressed is stored as it is.
            return stored.Length <= 2L * _chunkSize
                ? Piece.Encoded(table.Segment.Source, stored.Address, (int)stored.Length, Codecs.Zlib, inChunk, length)
                : throw Damaged(table.Segment, stored, $"it is compressed, and takes {stored.Length} bytes for {length}");
        }

        return stored.Length >= length
            ? Piece.Mapped(table.Segment.Source, stored.Address + inChunk, length - inChunk)
            : throw Damaged(table.Segment, stored, $"it has {stored.Length} bytes for {length}");
    }

    private static InvalidImageException Damaged(Segment segment, StoredChunk chunk, string problem) => segment.Invalid("chunk", chunk.Address, problem);
}
