using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Btrfs.Compression;

/// <summary>How compressed extents are decoded, by their compression.</summary>
/// <param name="sectorSize">The unit of data.</param>
internal sealed class ExtentCodecs(int sectorSize)
{
    private readonly Codec[] _codecs =
    [
        new PaddedCodec(Codecs.Zlib, sectorSize),
        new PaddedCodec(new SegmentedLzoCodec(sectorSize), sectorSize),
        new PaddedCodec(Codecs.Zstandard, sectorSize),
    ];

    /// <summary>The codec of a compression.</summary>
    public Codec this[CompressionKind compression] => _codecs[(int)compression - 1];
}

/// <summary>
/// A codec of extents: what was compressed ends with the file, and the extent with its sector. What it has beyond the stream reads as zeros.
/// </summary>
/// <param name="inner">The codec of the stream.</param>
/// <param name="sectorSize">The unit of data.</param>
internal sealed class PaddedCodec(Codec inner, int sectorSize) : Codec
{
    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override string? Library => inner.Library;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (!inner.TryDecode(encoded, destination, out int length) || destination.Length - length >= sectorSize)
        {
            return Damaged;
        }

        destination[length..].Clear();
        return destination.Length;
    }
}
