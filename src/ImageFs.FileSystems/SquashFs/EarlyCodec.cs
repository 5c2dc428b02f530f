using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>
/// How versions before 4 are compressed, each block by itself: with zlib, or with LZMA where a patch that many vendors had made it. The first byte
/// tells (sqlzma.h): that of zlib ends in 8.
/// </summary>
internal sealed class EarlyCodec : Codec
{
    private const byte FirstOfLzma = 0x5D;

    /// <inheritdoc/>
    public override string Name => Codecs.Zlib.Name;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        Codec codec = encoded.Length > 0 && encoded.Span[0] == FirstOfLzma ? Codecs.Lzma : Codecs.Zlib;
        return codec.TryDecode(encoded, destination, out int length) ? length : Damaged;
    }
}
