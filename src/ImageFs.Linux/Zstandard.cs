using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's libzstd; it is loaded when it is first called.</summary>
public static unsafe partial class Zstandard
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libzstd.so.1";

    /// <summary>Decodes frames, one after the other, until the destination is full; what follows is not looked at.</summary>
    /// <returns>Whether the frames filled it.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static bool TryDecode(ReadOnlySpan<byte> frames, Span<byte> destination)
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
                    return false;
                }

                nuint count = ZSTD_decompress(output + written, (nuint)destination.Length - written, input + read, length);
                if (ZSTD_isError(count) != 0)
                {
                    return false;
                }

                read += length;
                written += count;
            }

            return true;
        }
    }

    [LibraryImport(Library)]
    private static partial nuint ZSTD_findFrameCompressedSize(byte* source, nuint length);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompress(byte* destination, nuint capacity, byte* source, nuint length);

    [LibraryImport(Library)]
    private static partial uint ZSTD_isError(nuint code);
}
