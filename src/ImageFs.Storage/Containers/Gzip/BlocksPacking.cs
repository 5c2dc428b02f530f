using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Gzip;

/// <summary>Blocks of bgzip, each a member of its own.</summary>
/// <param name="source">The file.</param>
internal sealed class BlocksPacking(BlockSource source) : Packing(GzipFormat.FormatName, source)
{
    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true) => new BlockReader(Source, part);

    /// <inheritdoc/>
    public override Codec? CodecOf(in PackedPart part) => Codecs.Gzip;

    /// <inheritdoc/>
    public override void Describe(ImageDescription description) => description.With("blocks", "bgzip");

    /// <summary>A block, decoded at once: for who has no memory for decoded blocks.</summary>
    private sealed class BlockReader(BlockSource source, PackedPart part) : PartReader
    {
        private byte[]? _bytes;
        private int _done;

        public override int Read(Span<byte> destination)
        {
            _bytes ??= Decode();
            int count = Math.Min(destination.Length, _bytes.Length - _done);
            _bytes.AsSpan(_done, count).CopyTo(destination);
            _done += count;
            return count;
        }

        public override void Dispose()
        {
        }

        private byte[] Decode()
        {
            byte[] stored = new byte[part.StoredLength];
            source.ReadAt(part.Address, stored);
            byte[] bytes = new byte[part.Length];
            return Codecs.Gzip.TryDecode(stored, bytes)
                ? bytes
                : throw new InvalidImageException("bgzip block", part.Address, $"its {part.StoredLength} bytes are no whole member with {part.Length} bytes in it");
        }
    }
}
