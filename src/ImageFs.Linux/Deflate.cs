using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>What is around a stream of deflate.</summary>
public enum DeflateWrapping
{
    /// <summary>Nothing (RFC 1951).</summary>
    None,

    /// <summary>zlib's header and checksum (RFC 1950).</summary>
    Zlib,

    /// <summary>gzip's header, checksum and length (RFC 1952).</summary>
    Gzip,
}

/// <summary>
/// The system's libdeflate, which decodes deflated blocks in half the time that zlib takes: they are in memory whole, and so is what comes of
/// them. It is loaded when it is first called, and not everywhere.
/// </summary>
public static unsafe partial class Deflate
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libdeflate.so.0";

    [ThreadStatic]
    private static Decoder? _decoder;

    /// <summary>Whether it is there.</summary>
    public static bool IsThere { get; } = SystemLibrary.IsThere(Library);

    /// <summary>Decodes a stream into the start of the destination: its end, and the checksum where it has one, are there and right.</summary>
    /// <param name="stream">The bytes that it is in; what follows it is not looked at.</param>
    /// <param name="destination">Takes what is decoded.</param>
    /// <param name="wrapping">The header and checksum that are around it.</param>
    /// <returns>Bytes decoded; -1 when it cannot be decoded, or holds more.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory for a decoder.</exception>
    public static int Decode(ReadOnlySpan<byte> stream, Span<byte> destination, DeflateWrapping wrapping)
    {
        void* decoder = (_decoder ??= new Decoder()).Pointer;
        nuint read;
        nuint written;
        fixed (byte* input = stream)
        fixed (byte* output = destination)
        {
            int result = wrapping switch
            {
                DeflateWrapping.Zlib => libdeflate_zlib_decompress_ex(decoder, input, (nuint)stream.Length, output, (nuint)destination.Length, &read, &written),
                DeflateWrapping.Gzip => libdeflate_gzip_decompress_ex(decoder, input, (nuint)stream.Length, output, (nuint)destination.Length, &read, &written),
                _ => libdeflate_deflate_decompress_ex(decoder, input, (nuint)stream.Length, output, (nuint)destination.Length, &read, &written),
            };
            return result == 0 ? (int)written : -1;
        }
    }

    [LibraryImport(Library)]
    private static partial void* libdeflate_alloc_decompressor();

    [LibraryImport(Library)]
    private static partial void libdeflate_free_decompressor(void* decoder);

    [LibraryImport(Library)]
    private static partial int libdeflate_zlib_decompress_ex(
        void* decoder, byte* source, nuint length, byte* destination, nuint capacity, nuint* read, nuint* written);

    [LibraryImport(Library)]
    private static partial int libdeflate_gzip_decompress_ex(
        void* decoder, byte* source, nuint length, byte* destination, nuint capacity, nuint* read, nuint* written);

    [LibraryImport(Library)]
    private static partial int libdeflate_deflate_decompress_ex(
        void* decoder, byte* source, nuint length, byte* destination, nuint capacity, nuint* read, nuint* written);

    // A thread's own; it goes when the thread has.
    private sealed class Decoder : SafeHandle
    {
        public Decoder()
            : base(0, ownsHandle: true)
        {
            SetHandle((nint)libdeflate_alloc_decompressor());
            if (IsInvalid)
            {
                throw new LinuxException("libdeflate_alloc_decompressor", Errno.ENOMEM);
            }
        }

        public override bool IsInvalid => handle == 0;

        public void* Pointer => (void*)handle;

        protected override bool ReleaseHandle()
        {
            libdeflate_free_decompressor((void*)handle);
            return true;
        }
    }
}
