using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's libbz2; it is loaded when it is first called.</summary>
public static unsafe partial class Bzip2
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libbz2.so.1.0";

    /// <summary>Decodes a stream into the start of the destination.</summary>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or holds more.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int Decode(ReadOnlySpan<byte> stream, Span<byte> destination)
    {
        uint length = (uint)destination.Length;
        fixed (byte* input = stream)
        fixed (byte* output = destination)
        {
            return BZ2_bzBuffToBuffDecompress(output, &length, input, (uint)stream.Length, 0, 0) == 0 ? (int)length : -1;
        }
    }

    [LibraryImport(Library)]
    private static partial int BZ2_bzBuffToBuffDecompress(byte* destination, uint* length, byte* source, uint sourceLength, int small, int verbosity);
}
