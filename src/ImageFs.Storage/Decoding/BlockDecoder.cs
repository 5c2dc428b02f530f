using System.Buffers;
using System.IO.Compression;
using ImageFs.Linux;

namespace ImageFs.Storage.Decoding;

/// <summary>Decodes compressed blocks: by the runtime, or by a library of the system that is loaded when it is needed.</summary>
public static class BlockDecoder
{
    /// <summary>Decodes one block.</summary>
    /// <param name="compression">How it is compressed.</param>
    /// <param name="source">Where it lies.</param>
    /// <param name="address">Where it begins, in bytes.</param>
    /// <param name="length">Its compressed bytes; there may be fewer.</param>
    /// <param name="destination">Filled whole; what the block holds behind is not looked at.</param>
    /// <exception cref="InvalidImageException">It cannot be decoded, or holds less.</exception>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    /// <exception cref="ImageException">Its bytes cannot be had.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static void Decode(Compression compression, BlockSource source, long address, int length, Span<byte> destination)
    {
        byte[] compressed = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            source.ReadAt(address, compressed.AsSpan(0, length));
            if (!TryDecode(compression, compressed, length, destination))
            {
                throw new InvalidImageException("compressed block", address, $"its {length} bytes of {compression} do not hold {destination.Length}");
            }
        }
        catch (InvalidDataException e)
        {
            throw new InvalidImageException("compressed block", address, e.Message);
        }
        catch (DllNotFoundException)
        {
            throw new UnsupportedFeatureException($"{compression} without the library {LibraryOf(compression)} is");
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
        using var input = new MemoryStream(compressed, 0, length, writable: false);
        using Stream stream = compression == Compression.Zlib
            ? new ZLibStream(input, CompressionMode.Decompress)
            : new DeflateStream(input, CompressionMode.Decompress);
        return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false) == destination.Length;
    }
}
