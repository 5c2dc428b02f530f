using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>A bzip2 stream decoded by libbz2; its checksums are checked.</summary>
public sealed unsafe partial class Bzip2Stream : StreamDecoder
{
    private State* _stream;

    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public Bzip2Stream()
    {
        _stream = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        if (BZ2_bzDecompressInit(_stream, 0, 0) != 0)
        {
            throw new LinuxException("BZ2_bzDecompressInit", Errno.ENOMEM);
        }
    }

    /// <summary>Lets go of the library's memory.</summary>
    ~Bzip2Stream() => Dispose(false);

    /// <inheritdoc/>
    public override DecodingState Decode(ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written)
    {
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            _stream->NextIn = source;
            _stream->AvailableIn = (uint)input.Length;
            _stream->NextOut = target;
            _stream->AvailableOut = (uint)output.Length;
            int result = BZ2_bzDecompress(_stream);
            read = input.Length - (int)_stream->AvailableIn;
            written = output.Length - (int)_stream->AvailableOut;
            return result switch
            {
                0 => DecodingState.Going, // BZ_OK
                4 => DecodingState.Ended, // BZ_STREAM_END
                -3 => DecodingState.Refused, // BZ_MEM_ERROR
                _ => DecodingState.Damaged,
            };
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (_stream is not null)
        {
            _ = BZ2_bzDecompressEnd(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }

    [LibraryImport(Bzip2.Library)]
    private static partial int BZ2_bzDecompressInit(State* stream, int verbosity, int small);

    [LibraryImport(Bzip2.Library)]
    private static partial int BZ2_bzDecompress(State* stream);

    [LibraryImport(Bzip2.Library)]
    private static partial int BZ2_bzDecompressEnd(State* stream);

    // bz_stream (bzlib.h). It must stay where it is.
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public byte* NextIn;
        public uint AvailableIn;
        public uint TotalInLow;
        public uint TotalInHigh;
        public byte* NextOut;
        public uint AvailableOut;
        public uint TotalOutLow;
        public uint TotalOutHigh;
        public void* Internal;
        public void* Allocate;
        public void* Free;
        public void* Opaque;
    }
}
