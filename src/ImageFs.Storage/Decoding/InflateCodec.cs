using System.IO.Compression;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Storage.Decoding;

/// <summary>Deflate, by the system's libdeflate where it is there, else by the runtime.</summary>
/// <param name="name">The codec's name.</param>
/// <param name="wrapping">The header and checksum that are around it.</param>
/// <param name="isByRuntime">Whether it is the runtime's whatever there is.</param>
internal sealed class InflateCodec(string name, DeflateWrapping wrapping, bool isByRuntime = false) : Codec
{
    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination) => Deflate.IsThere && !isByRuntime
        ? Deflate.Decode(encoded.Span, destination, wrapping)
        : DecodeByRuntime(encoded, destination, isWhole: true);

    /// <inheritdoc/>
    protected override int DecodeStart(ReadOnlyMemory<byte> encoded, Span<byte> destination) => DecodeByRuntime(encoded, destination, isWhole: false);

    private int DecodeByRuntime(ReadOnlyMemory<byte> encoded, Span<byte> destination, bool isWhole)
    {
        ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(encoded, out ArraySegment<byte> segment) ? segment : encoded.ToArray();
        using var input = new StreamInput(bytes);
        using Stream stream = wrapping switch
        {
            DeflateWrapping.Zlib => new ZLibStream(input, CompressionMode.Decompress),
            DeflateWrapping.Gzip => new GZipStream(input, CompressionMode.Decompress),
            _ => new DeflateStream(input, CompressionMode.Decompress),
        };
        int length = stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        return !isWhole || (stream.ReadByte() < 0 && !input.IsExhausted) ? length : Damaged;
    }

    /// <summary>The bytes of a stream. The runtime takes their end for the stream's; but only a stream that has not ended asks for more.</summary>
    private sealed class StreamInput(ArraySegment<byte> bytes) : MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false)
    {
        /// <summary>Whether more was asked for than there is.</summary>
        public bool IsExhausted { get; private set; }

        public override int Read(byte[] buffer, int offset, int count) => Note(base.Read(buffer, offset, count));

        public override int Read(Span<byte> buffer) => Note(base.Read(buffer));

        private int Note(int count)
        {
            IsExhausted |= count == 0;
            return count;
        }
    }
}
