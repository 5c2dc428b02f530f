using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Dmg;

/// <summary>A disk in chunks, which the image lists one by one.</summary>
internal sealed class DmgDisk : VirtualDisk
{
    private readonly BlockSource _file;
    private readonly Chunk[] _chunks;
    private readonly Guid _id;

    /// <param name="file">The file.</param>
    /// <param name="chunks">Its chunks, ascending and without overlaps; what lies between them is zeros.</param>
    /// <param name="length">Bytes of the disk.</param>
    /// <param name="id">What it is known by.</param>
    public DmgDisk(BlockSource file, Chunk[] chunks, long length, Guid id)
        : base(MaxEncoded(chunks))
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

        long left = chunk.End - offset;
        return chunk.IsEncoded
            ? Piece.Encoded(left)
            : chunk.Type == ChunkType.Raw
                ? Piece.Mapped(_file, chunk.Address + offset - chunk.Offset, left)
                : Piece.Hole(left);
    }

    /// <inheritdoc/>
    protected override EncodedBlock FindEncoded(long offset)
    {
        int index = FirstBehind(offset);
        return new EncodedBlock(index, _chunks[index].Offset, (int)_chunks[index].Length);
    }

    /// <inheritdoc/>
    protected override void Decode(in EncodedBlock block, Span<byte> destination)
    {
        Chunk chunk = _chunks[(int)block.Number];
        Compression compression = chunk.Type switch
        {
            ChunkType.Zlib => Compression.Zlib,
            ChunkType.Bzip2 => Compression.Bzip2,
            _ => Compression.Xz,
        };
        BlockDecoder.Decode(compression, _file, chunk.Address, (int)chunk.StoredLength, destination);
    }

    private static int MaxEncoded(Chunk[] chunks)
    {
        long max = 0;
        foreach (Chunk chunk in chunks)
        {
            max = chunk.IsEncoded ? Math.Max(max, chunk.Length) : max;
        }

        return (int)max;
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
