using ImageFs.Storage.Containers.Packed;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Xz;

/// <summary>Blocks of xz: each is decoded as a stream of its own, made of it with the index that it would have.</summary>
/// <param name="source">The file.</param>
/// <param name="streams">Its streams, in their order; at least one.</param>
internal sealed class XzPacking(BlockSource source, IReadOnlyList<XzStreamIndex> streams) : Packing(XzFormat.FormatName, source)
{
    private static readonly string[] s_checks = ["none", "crc32", "", "", "crc64", "", "", "", "", "", "sha256"];

    // One for each check and each number of bytes that pad a block.
    private readonly BlockCodec[] _codecs =
        [.. Enumerable.Range(0, 16 * XzFraming.Alignment).Select(i => new BlockCodec((byte)(i / XzFraming.Alignment), i % XzFraming.Alignment))];

    /// <inheritdoc/>
    public override PartReader Read(in PackedPart part, bool isMeasured = true)
    {
        byte check = CheckOf(part.Address);
        return new StreamPartReader("xz block", Source, part.Address, XzStreamIndex.Pad(part.StoredLength), part.Length, new Linux.XzStream())
        {
            Head = XzFraming.MakeHeader(check),
            Tail = XzFraming.MakeEnd(check, part.StoredLength, part.Length),
        };
    }

    /// <inheritdoc/>
    public override Codec? CodecOf(in PackedPart part) =>
        _codecs[(CheckOf(part.Address) * XzFraming.Alignment) + (int)(XzStreamIndex.Pad(part.StoredLength) - part.StoredLength)];

    /// <inheritdoc/>
    public override (long Address, long Length) StoredOf(in PackedPart part) => (part.Address, XzStreamIndex.Pad(part.StoredLength));

    /// <inheritdoc/>
    public override void Describe(ImageDescription description) => description
        .With("streams", streams.Count > 1 ? (long)streams.Count : null)
        .With("check", s_checks.ElementAtOrDefault(streams[0].Check));

    private byte CheckOf(long address)
    {
        int low = 0;
        int high = streams.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (streams[middle].Start <= address)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return streams[low].Check;
    }

    /// <summary>A block of xz, of which some bytes are padding (3.3).</summary>
    private sealed class BlockCodec(byte check, int padding) : Codec
    {
        public override string Name => "xz";

        public override string Library => Linux.Xz.Library;

        protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
        {
            byte[] end = XzFraming.MakeEnd(check, encoded.Length - padding, destination.Length);
            using var stream = new PooledBuffer(XzFraming.HeaderLength + encoded.Length + end.Length);
            XzFraming.MakeHeader(check).CopyTo(stream.Span);
            encoded.Span.CopyTo(stream.Span[XzFraming.HeaderLength..]);
            end.CopyTo(stream.Span[(XzFraming.HeaderLength + encoded.Length)..]);
            return Linux.Xz.Decode(stream.Span, destination);
        }
    }
}
