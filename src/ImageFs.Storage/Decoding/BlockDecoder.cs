using System.Buffers;
using System.IO.Compression;
using ImageFs.Linux;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Decoding;

/// <summary>Decodes compressed blocks: by the runtime, or by a library of the system that is loaded when it is needed.</summary>
public static class BlockDecoder
{
    /// <summary>Decodes one block, by the whole of its stream: the end and the checksum that the format has are there and right.</summary>
    /// <param name="compression">How it is compressed.</param>
    /// <param name="source">Where it lies.</param>
    /// <param name="address">Where it begins, in bytes.</param>
    /// <param name="length">The bytes that its stream is in; what they hold after the stream is not looked at.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="InvalidImageException">It cannot be decoded, or holds less or more.</exception>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    /// <exception cref="ImageException">Its bytes cannot be read.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static void Decode(Compression compression, BlockSource source, long address, int length, Span<byte> destination)
    {
        if (!TryDecode(compression, source, address, length, destination))
        {
            throw new InvalidImageException(
                "compressed block", address, $"its {length} bytes are no whole stream of {compression} with {destination.Length} bytes in it");
        }
    }

    /// <summary>Decodes one block as <see cref="Decode"/> does.</summary>
    /// <returns>False when it cannot be decoded, or holds less or more.</returns>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    /// <exception cref="ImageException">Its bytes cannot be read.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static bool TryDecode(Compression compression, BlockSource source, long address, int length, Span<byte> destination)
    {
        byte[] compressed = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            ReadAccount.Current?.AddEncoded(source, address, length, destination.Length);
            source.ReadAt(address, compressed.AsSpan(0, length));
            return TryDecode(compression, compressed, length, destination);
        }
        catch (InvalidDataException)
        {
            return false;
        }
        catch (DllNotFoundException)
        {
            throw new UnsupportedFeatureException($"{compression} without the library {LibraryOf(compression)}");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compressed);
        }
    }

    private static string LibraryOf(Compression compression) => compression switch
    {
        Compression.Zstandard => Zstandard.Library,
        Compression.Bzip2 => Bzip2.Library,
        _ => Xz.Library,
    };

    private static bool TryDecode(Compression compression, byte[] compressed, int length, Span<byte> destination) => compression switch
    {
        Compression.Zstandard => Zstandard.TryDecode(compressed.AsSpan(0, length), destination),
        Compression.Bzip2 => Bzip2.TryDecode(compressed.AsSpan(0, length), destination),
        Compression.Xz => Xz.TryDecode(compressed.AsSpan(0, length), destination),
        _ => TryInflate(compression, compressed, length, destination),
    };

    private static bool TryInflate(Compression compression, byte[] compressed, int length, Span<byte> destination)
    {
        using var input = new StreamInput(compressed, length);
        using Stream stream = compression == Compression.Zlib
            ? new ZLibStream(input, CompressionMode.Decompress)
            : new DeflateStream(input, CompressionMode.Decompress);
        return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length
            && stream.ReadByte() < 0
            && !input.IsExhausted;
    }

    /// <summary>The bytes of a stream. The runtime takes their end for the stream's; but only a stream that has not ended asks for more.</summary>
    private sealed class StreamInput(byte[] bytes, int length) : MemoryStream(bytes, 0, length, writable: false)
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
