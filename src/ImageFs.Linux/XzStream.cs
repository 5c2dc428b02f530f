using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>An .xz stream decoded by liblzma, with any of the filters that it has; all checks are checked.</summary>
public sealed unsafe partial class XzStream : StreamDecoder
{
    // What a stream says it needs is untrusted; xz -9 needs 65 MiB, and memory is taken only as it is filled.
    private const ulong MaxMemory = 256 << 20;

    private Xz.LzmaStream* _stream;

    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public XzStream()
    {
        _stream = (Xz.LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(Xz.LzmaStream));
        if (lzma_stream_decoder(_stream, MaxMemory, Xz.RefuseUnknownCheck) != 0)
        {
            throw new LinuxException("lzma_stream_decoder", Errno.ENOMEM);
        }
    }

    /// <summary>Lets go of the library's memory.</summary>
    ~XzStream() => Dispose(false);

    /// <inheritdoc/>
    public override DecodingState Decode(ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written)
    {
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            _stream->NextIn = source;
            _stream->AvailableIn = (nuint)input.Length;
            _stream->NextOut = target;
            _stream->AvailableOut = (nuint)output.Length;
            int result = Xz.lzma_code(_stream, 0);
            read = input.Length - (int)_stream->AvailableIn;
            written = output.Length - (int)_stream->AvailableOut;
            return result switch
            {
                0 or 10 => DecodingState.Going, // LZMA_OK, LZMA_BUF_ERROR: nothing could be done
                1 => DecodingState.Ended, // LZMA_STREAM_END
                3 or 5 or 6 or 8 => DecodingState.Refused, // LZMA_UNSUPPORTED_CHECK, _MEM_ERROR, _MEMLIMIT_ERROR, _OPTIONS_ERROR
                _ => DecodingState.Damaged,
            };
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (_stream is not null)
        {
            Xz.lzma_end(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }

    [LibraryImport(Xz.Library)]
    private static partial int lzma_stream_decoder(Xz.LzmaStream* stream, ulong memoryLimit, uint flags);
}
