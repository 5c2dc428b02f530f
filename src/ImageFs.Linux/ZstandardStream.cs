using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>A frame of Zstandard decoded by libzstd; its checksum is checked.</summary>
public sealed unsafe partial class ZstandardStream : StreamDecoder
{
    // What a frame says it needs is untrusted; zstd --long needs 128 MiB, and memory is taken only as it is filled.
    private const int WindowLogMax = 100; // ZSTD_d_windowLogMax
    private const int MaxWindowLog = 27;
    private const int WindowTooLarge = 16; // ZSTD_error_frameParameter_windowTooLarge

    private void* _stream;

    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public ZstandardStream()
    {
        _stream = Zstandard.ZSTD_createDStream();
        if (_stream is null)
        {
            throw new LinuxException("ZSTD_createDStream", Errno.ENOMEM);
        }

        _ = Zstandard.ZSTD_DCtx_setParameter(_stream, WindowLogMax, MaxWindowLog);
    }

    /// <summary>Lets go of the library's memory.</summary>
    ~ZstandardStream() => Dispose(false);

    /// <inheritdoc/>
    public override DecodingState Decode(ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written)
    {
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            var from = new Zstandard.Buffer { Start = source, Length = (nuint)input.Length };
            var to = new Zstandard.Buffer { Start = target, Length = (nuint)output.Length };
            nuint left = Zstandard.ZSTD_decompressStream(_stream, &to, &from);
            read = (int)from.Position;
            written = (int)to.Position;
            return Zstandard.ZSTD_isError(left) != 0
                ? ZSTD_getErrorCode(left) == WindowTooLarge ? DecodingState.Refused : DecodingState.Damaged
                : left == 0 ? DecodingState.Ended : DecodingState.Going;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (_stream is not null)
        {
            _ = Zstandard.ZSTD_freeDStream(_stream);
            _stream = null;
        }
    }

    [LibraryImport(Zstandard.Library)]
    private static partial int ZSTD_getErrorCode(nuint result);
}
