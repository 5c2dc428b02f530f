using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's liblz4; it is loaded when it is first called.</summary>
public static unsafe partial class Lz4
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "liblz4.so.1";

    /// <summary>Decodes an LZ4 block, which is neither framed nor followed by anything, into the start of the destination.</summary>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or holds more.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int Decode(ReadOnlySpan<byte> block, Span<byte> destination)
    {
        fixed (byte* input = block)
        fixed (byte* output = destination)
        {
            return Math.Max(LZ4_decompress_safe(input, output, block.Length, destination.Length), -1);
        }
    }

    /// <summary>Decodes the start of an LZ4 block, as much as fills the destination.</summary>
    /// <param name="block">The block; what follows it is not looked at.</param>
    /// <param name="destination">Takes what is decoded.</param>
    /// <returns>Bytes decoded, which are fewer when the block holds fewer; -1 when it cannot be decoded.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int DecodeStart(ReadOnlySpan<byte> block, Span<byte> destination)
    {
        fixed (byte* input = block)
        fixed (byte* output = destination)
        {
            return Math.Max(LZ4_decompress_safe_partial(input, output, block.Length, destination.Length, destination.Length), -1);
        }
    }

    [LibraryImport(Library)]
    private static partial int LZ4_decompress_safe_partial(byte* source, byte* destination, int length, int wanted, int capacity);

    [LibraryImport(Library)]
    private static partial int LZ4_decompress_safe(byte* source, byte* destination, int length, int capacity);
}
