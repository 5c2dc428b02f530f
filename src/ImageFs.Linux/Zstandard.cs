using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>The system's libzstd; it is loaded when it is first called.</summary>
public static unsafe partial class Zstandard
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libzstd.so.1";

    // What a frame says it needs is untrusted; 8 MiB are what every decoder should have (RFC 8878 3.1.1.1.2).
    private const int WindowLogMax = 100; // ZSTD_d_windowLogMax
    private const int MaxWindowLog = 23;

    [ThreadStatic]
    private static Decoder? _decoder;

    /// <summary>
    /// Decodes frames, one after the other, until the destination is full or no frame follows; what does is not looked at.
    /// </summary>
    /// <returns>Bytes decoded; -1 when there is no whole frame, or it holds more than there is room for.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory for a decoder.</exception>
    public static int Decode(ReadOnlySpan<byte> frames, Span<byte> destination)
    {
        void* decoder = (_decoder ??= new Decoder()).Pointer;
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

                nuint count = ZSTD_decompressDCtx(decoder, output + written, (nuint)destination.Length - written, input + read, length);
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

    /// <summary>Decodes the start of a frame, as much as fills the destination.</summary>
    /// <param name="frame">The frame; what follows it is not looked at.</param>
    /// <param name="destination">Takes what is decoded.</param>
    /// <returns>Bytes decoded, which are fewer when the frame holds fewer; -1 when it cannot be decoded.</returns>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    public static int DecodeStart(ReadOnlySpan<byte> frame, Span<byte> destination)
    {
        fixed (byte* input = frame)
        fixed (byte* output = destination)
        {
            void* stream = ZSTD_createDStream();
            if (stream is null)
            {
                return -1;
            }

            try
            {
                _ = ZSTD_DCtx_setParameter(stream, WindowLogMax, MaxWindowLog);
                var from = new Buffer { Start = input, Length = (nuint)frame.Length };
                var to = new Buffer { Start = output, Length = (nuint)destination.Length };
                nuint left;
                nuint before;
                do
                {
                    before = from.Position + to.Position;
                    left = ZSTD_decompressStream(stream, &to, &from);
                    if (ZSTD_isError(left) != 0)
                    {
                        return -1;
                    }
                }
                while (left != 0 && to.Position < to.Length && from.Position + to.Position > before);
                return (int)to.Position;
            }
            finally
            {
                _ = ZSTD_freeDStream(stream);
            }
        }
    }

    [LibraryImport(Library)]
    private static partial void* ZSTD_createDCtx();

    [LibraryImport(Library)]
    private static partial nuint ZSTD_freeDCtx(void* decoder);

    [LibraryImport(Library)]
    internal static partial void* ZSTD_createDStream();

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_DCtx_setParameter(void* stream, int parameter, int value);

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_freeDStream(void* stream);

    [LibraryImport(Library)]
    internal static partial nuint ZSTD_decompressStream(void* stream, Buffer* output, Buffer* input);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_findFrameCompressedSize(byte* source, nuint length);

    [LibraryImport(Library)]
    private static partial nuint ZSTD_decompressDCtx(void* decoder, byte* destination, nuint capacity, byte* source, nuint length);

    [LibraryImport(Library)]
    internal static partial uint ZSTD_isError(nuint code);

    // A thread's own, for all blocks that it decodes; it goes when the thread has.
    private sealed class Decoder : SafeHandle
    {
        public Decoder()
            : base(0, ownsHandle: true)
        {
            SetHandle((nint)ZSTD_createDCtx());
            if (IsInvalid)
            {
                throw new LinuxException("ZSTD_createDCtx", Errno.ENOMEM);
            }
        }

        public override bool IsInvalid => handle == 0;

        public void* Pointer => (void*)handle;

        protected override bool ReleaseHandle() => ZSTD_freeDCtx((void*)handle) == 0;
    }

    // ZSTD_inBuffer and ZSTD_outBuffer.
    [StructLayout(LayoutKind.Sequential)]
    internal struct Buffer
    {
        public byte* Start;
        public nuint Length;
        public nuint Position;
    }
}
