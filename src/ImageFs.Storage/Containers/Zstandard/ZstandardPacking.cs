using System.IO.Hashing;
using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Zstandard;

/// <summary>Frames of Zstandard.</summary>
/// <param name="source">The file.</param>
/// <param name="table">The table of a seekable file; null where there is none.</param>
internal sealed class ZstandardPacking(BlockSource source, SeekTable? table) : Packing(ZstandardFormat.FormatName, source)
{
    private const string Structure = "zstd frame";

    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true)
    {
        var reader = new StreamPartReader(Structure, Source, part.Address, part.StoredLength, isMeasured ? part.Length : null, new Linux.ZstandardStream());
        return table?.ChecksumOf(part.Address) is { } checksum ? new CheckedReader(reader, part.Address, checksum) : reader;
    }

    /// <inheritdoc/>
    public override Codec? CodecOf(in PackedPart part) => table is { HasChecksums: true } ? null : Codecs.Zstandard;

    /// <inheritdoc/>
    public override void Describe(ImageDescription description) => description.With("seekable", table is not null);

    /// <summary>A frame whose checksum is in the table.</summary>
    private sealed class CheckedReader(StreamPartReader reader, long address, uint checksum) : PartReader
    {
        private readonly XxHash64 _hash = new();

        public override int Read(Span<byte> destination)
        {
            int count = reader.Read(destination);
            _hash.Append(destination[..count]);
            return count > 0 || unchecked((uint)_hash.GetCurrentHashAsUInt64()) == checksum
                ? count
                : throw new InvalidImageException(Structure, address, "it does not have the checksum that the seek table says");
        }

        public override void Dispose() => reader.Dispose();
    }
}
