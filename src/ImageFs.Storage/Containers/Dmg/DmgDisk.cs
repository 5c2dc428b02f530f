using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Dmg;

/// <summary>A disk in chunks, which the image lists one by one.</summary>
internal sealed class DmgDisk : TableDisk
{
    private readonly BlockSource _file;
    private readonly Chunk[] _chunks;
    private readonly Guid _id;

    /// <param name="file">The file.</param>
    /// <param name="chunks">Its chunks, ascending and without overlaps; what lies between them is zeros.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="id">What it is known by.</param>
    /// <param name="decoded">Keeps decoded chunks.</param>
    public DmgDisk(BlockSource file, Chunk[] chunks, long length, Guid id, DecodedBlocks decoded)
        : base(decoded)
    {
        _file = file;
        _chunks = chunks;
        _id = id;
        Length = length;
    }

    /// <inheritdoc/>
    public override string Format => DmgFormat.FormatName;

    /// <inheritdoc/>
    public override long Length { get; }

    /// <summary>Chunks that are equal may be stored once.</summary>
    public override bool HasOwnBlocks => false;

    /// <inheritdoc/>
    public override ImageDescription Describe()
    {
        string[] ways = [.. _chunks.Select(chunk => chunk.Type).Distinct().Order().Select(type => $"{type}".ToLowerInvariant())];
        return base.Describe().With("chunks", (long)_chunks.Length).With("kinds", string.Join(' ', ways)).With("disk-uuid", _id.ToString());
    }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        int index = FirstBehind(offset);
        if (index == _chunks.Length)
        {
            return Piece.Hole(Length - offset);
        }

        Chunk chunk = _chunks[index];
        if (chunk.Offset > offset)
        {
            return Piece.Hole(chunk.Offset - offset);
        }

        long inChunk = offset - chunk.Offset;
        return chunk.Codec is { } codec
            ? Piece.Encoded(_file, chunk.Address, (int)chunk.StoredLength, codec, inChunk, (int)chunk.Length)
            : chunk.Type == ChunkType.Raw
                ? Piece.Mapped(_file, chunk.Address + inChunk, chunk.Length - inChunk)
                : Piece.Hole(chunk.Length - inChunk);
    }

    // The first chunk that ends after an offset.
    private int FirstBehind(long offset)
    {
        int low = 0;
        int high = _chunks.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_chunks[middle].End > offset)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
