using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>How physical clusters are decoded.</summary>
/// <param name="isPadded">Whether streams of LZ4 end with their cluster, and zeros are before them (LZ4_0PADDING). All others always do.</param>
internal sealed class ClusterCodecs(bool isPadded)
{
    private readonly Codec[] _whole =
    [
        new ClusterCodec(Codecs.Lz4, isPadded, isPadded),
        new ClusterCodec(Codecs.MicroLzma, isWhole: true, isPadded: true),
        new ClusterCodec(Codecs.Deflate, isWhole: true, isPadded: true),
        new ClusterCodec(Codecs.Zstandard, isWhole: true, isPadded: true),
    ];

    private readonly Codec[] _starts =
    [
        new ClusterCodec(Codecs.Lz4, isWhole: false, isPadded),
        new ClusterCodec(Codecs.MicroLzma, isWhole: false, isPadded: true),
        new ClusterCodec(Codecs.Deflate, isWhole: false, isPadded: true),
        new ClusterCodec(Codecs.Zstandard, isWhole: false, isPadded: true),
    ];

    /// <summary>The codec of a cluster.</summary>
    /// <param name="compressor">What compressed it.</param>
    /// <param name="isStart">Whether only the start of what is in it is meant: the rest is of other files.</param>
    public Codec Of(Compressor compressor, bool isStart) => (isStart ? _starts : _whole)[(int)compressor];
}

/// <summary>A codec of physical clusters.</summary>
/// <param name="inner">The codec of the stream.</param>
/// <param name="isWhole">Whether the stream holds just what is asked for; else it may hold more.</param>
/// <param name="isPadded">Whether zeros are before the stream: none begins with one.</param>
internal sealed class ClusterCodec(Codec inner, bool isWhole, bool isPadded) : Codec
{
    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override string? Library => inner.Library;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        int zeros = isPadded ? encoded.Span.IndexOfAnyExcept((byte)0) : 0;
        if (zeros < 0)
        {
            return Damaged;
        }

        encoded = encoded[zeros..];
        bool isDecoded = isWhole ? inner.TryDecode(encoded, destination) : inner.TryDecodeStart(encoded, destination);
        return isDecoded ? destination.Length : Damaged;
    }
}
