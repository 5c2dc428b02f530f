using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's libzstd; it is loaded when it is first called.</summary>
public static unsafe partial class Zstandard
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libzstd.so.1";

    /// <summary>
    /// Decodes frames, one after the other, until the destination is full or no frame follows; what does is not looked at.
    /// </summary>
    /// <returns>Bytes decoded; -1 when there is no whole frame, or it holds more than there is room for.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int Decode(ReadOnlySpan<byte> frames, Span<byte> destination)
    {
        fixed (byte* input = frames)
        fixed (byte* output = destination)
        {
            nuint read = 0;
            nuint written = 0;
            while (written < (nuint)destination.Length)
            {
                nuint length = ZSTD_findFrameCompressedSize(input + read, (nuint)frames.Length - read);
                if (ZSTD_isError(length) != 0 || length == 0)
                {
                    return written > 0 ? (int)written : -1;
                }

                nuint count = ZSTD_decompress(output + written, (nuint)destination.Length - written, input + read, length);
                if (ZSTD_isError(count) != 0)
                {
                    return -1;
                }

                read += length;
                written += count;
            }

            return (int)written;
        }
    }

    [LibraryImport(Library)]
    private static partial nuint ZSTD_findFrameCompressedSize(byte* source, nuint length);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompress(byte* destination, nuint capacity, byte* source, nuint length);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);
}
