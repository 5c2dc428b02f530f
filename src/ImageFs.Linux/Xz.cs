using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's liblzma; it is loaded when it is first called.</summary>
public static unsafe partial class Xz
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "liblzma.so.5";

    // What a stream says it needs is untrusted; xz -9 needs 65 MiB.
    private const ulong MaxMemory = 80 << 20;
    internal const uint RefuseUnknownCheck = 2; // LZMA_TELL_UNSUPPORTED_CHECK: an error, not a checksum passed over.
    private const int MinDictionary = 4096; // LZMA_DICT_SIZE_MIN
    private const int Finish = 3; // LZMA_FINISH
    private const int StreamEnd = 1; // LZMA_STREAM_END

    /// <summary>Decodes an .xz stream into the start of the destination, its checksums checked.</summary>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or holds more.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int Decode(ReadOnlySpan<byte> stream, Span<byte> destination)
    {
        ulong memory = MaxMemory;
        nuint read = 0;
        nuint written = 0;
        fixed (byte* input = stream)
        fixed (byte* output = destination)
        {
            int result = lzma_stream_buffer_decode(
                &memory, RefuseUnknownCheck, null, input, &read, (nuint)stream.Length, output, &written, (nuint)destination.Length);
            return result == 0 ? (int)written : -1;
        }
    }

    /// <summary>
    /// Decodes an .lzma stream into the start of the destination: properties, the size of the dictionary and the length decoded are in its
    /// first 13 bytes.
    /// </summary>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or holds more.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int DecodeAlone(ReadOnlySpan<byte> stream, Span<byte> destination)
    {
        fixed (byte* input = stream)
        fixed (byte* output = destination)
        {
            var state = new LzmaStream
            {
                NextIn = input,
                AvailableIn = (nuint)stream.Length,
                NextOut = output,
                AvailableOut = (nuint)destination.Length,
            };
            try
            {
                return lzma_alone_decoder(&state, MaxMemory) == 0 && lzma_code(&state, Finish) == StreamEnd ? (int)state.TotalOut : -1;
            }
            finally
            {
                lzma_end(&state);
            }
        }
    }

    /// <summary>
    /// Decodes a MicroLZMA stream, as EROFS has it: its first byte stands for the properties, and it has neither a length nor an end. The
    /// destination is filled whole.
    /// </summary>
    /// <param name="stream">The stream, and nothing behind it.</param>
    /// <param name="destination">Takes what is decoded.</param>
    /// <param name="isWhole">Whether that is all of the stream; else only its start.</param>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or is of another length.</returns>
    /// <exception cref="TypeLoadException">There is no such library, or one that is older than 5.4.</exception>
    public static int DecodeMicro(ReadOnlySpan<byte> stream, Span<byte> destination, bool isWhole)
    {
        fixed (byte* input = stream)
        fixed (byte* output = destination)
        {
            var state = new LzmaStream
            {
                NextIn = input,
                AvailableIn = (nuint)stream.Length,
                NextOut = output,
                AvailableOut = (nuint)destination.Length,
            };
            try
            {
                // No distance is longer than what there is.
                uint dictionary = (uint)Math.Max(destination.Length, MinDictionary);
                return lzma_microlzma_decoder(&state, (ulong)stream.Length, (ulong)destination.Length, isWhole ? (byte)1 : (byte)0, dictionary) == 0
                    && lzma_code(&state, Finish) == StreamEnd && state.TotalOut == (ulong)destination.Length
                    ? destination.Length
                    : -1;
            }
            finally
            {
                lzma_end(&state);
            }
        }
    }

    [LibraryImport(Library)]
    private static partial int lzma_microlzma_decoder(LzmaStream* stream, ulong encodedLength, ulong decodedLength, byte isExact, uint dictionary);

    [LibraryImport(Library)]
    private static partial int lzma_alone_decoder(LzmaStream* stream, ulong memoryLimit);

    [LibraryImport(Library)]
    internal static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(Library)]
    internal static partial void lzma_end(LzmaStream* stream);

    [LibraryImport(Library)]
    private static partial int lzma_stream_buffer_decode(
        ulong* memoryLimit, uint flags, void* allocator, byte* source, nuint* sourcePosition, nuint sourceLength, byte* destination, nuint* position, nuint capacity);

    // lzma_stream (lzma/base.h); all zeros is LZMA_STREAM_INIT.
    [StructLayout(LayoutKind.Sequential)]
    internal struct LzmaStream
    {
        public byte* NextIn;
        public nuint AvailableIn;
        public ulong TotalIn;
        public byte* NextOut;
        public nuint AvailableOut;
        public ulong TotalOut;
        public void* Allocator;
        public void* Internal;
        public fixed ulong Reserved[9];
    }
}
