using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// Deflate without a header (RFC 1951), decoded by the system's libz, from its beginning or from the beginning of one of its blocks; it is
/// loaded when it is first called.
/// </summary>
public sealed unsafe partial class InflateStream : StreamDecoder
{
    /// <summary>The library, by the name that it is looked for.</summary>
    public const string Library = "libz.so.1";

    /// <summary>Bytes before a block that it may refer to.</summary>
    public const int WindowLength = 32 << 10;

    private const int RawWindowBits = -15;
    private const int StopAtBlocks = 5; // Z_BLOCK
    private const int AtBlock = 128; // data_type (zlib.h)
    private const int InLastBlock = 64;

    private readonly int _flush;
    private State* _stream;

    /// <summary>Decodes from the beginning.</summary>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public InflateStream()
        : this(stopsAtBlocks: false)
    {
    }

    /// <summary>Decodes from the beginning.</summary>
    /// <param name="stopsAtBlocks">Whether <see cref="Decode"/> returns at the end of each block.</param>
    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public InflateStream(bool stopsAtBlocks)
    {
        _flush = stopsAtBlocks ? StopAtBlocks : 0;
        _stream = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
        fixed (byte* version = "1.2.11\0"u8)
        {
            if (inflateInit2_(_stream, RawWindowBits, version, sizeof(State)) != 0)
            {
                throw new LinuxException("inflateInit2", Errno.ENOMEM);
            }
        }
    }

    /// <summary>Decodes from the beginning of a block.</summary>
    /// <param name="window">What was decoded before it: the last 32 KiB, or all.</param>
    /// <param name="bits">Bits of the byte before the input that belong to the block: 0 to 7.</param>
    /// <param name="before">That byte.</param>
    public InflateStream(ReadOnlySpan<byte> window, int bits, byte before)
        : this()
    {
        fixed (byte* dictionary = window)
        {
            if ((bits > 0 && inflatePrime(_stream, bits, before >> (8 - bits)) != 0)
                || (window.Length > 0 && inflateSetDictionary(_stream, dictionary, (uint)window.Length) != 0))
            {
                throw new LinuxException("inflateSetDictionary", Errno.EINVAL);
            }
        }
    }

    /// <summary>Lets go of the library's memory.</summary>
    ~InflateStream() => Dispose(false);

    /// <summary>Whether it stands at the beginning of a block that is not the first, and that follows on one that was not the last.</summary>
    public bool IsAtBlock => (_stream->DataType & AtBlock) != 0 && (_stream->DataType & InLastBlock) == 0;

    /// <summary>Bits of the last byte read that it has not used yet.</summary>
    public int UnusedBits => _stream->DataType & 7;

    /// <summary>Goes on with the CRC-32 of bytes.</summary>
    public static uint Crc32(uint crc, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return bytes.Length == 0 ? crc : (uint)crc32(crc, first, (uint)bytes.Length);
        }
    }

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
            int result = inflate(_stream, _flush);
            read = input.Length - (int)_stream->AvailableIn;
            written = output.Length - (int)_stream->AvailableOut;
            return result switch
            {
                0 or -5 => DecodingState.Going, // Z_OK, Z_BUF_ERROR: nothing could be done
                1 => DecodingState.Ended, // Z_STREAM_END
                -4 => DecodingState.Refused, // Z_MEM_ERROR
                _ => DecodingState.Damaged,
            };
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (_stream is not null)
        {
            _ = inflateEnd(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }

    [LibraryImport(Library)]
    private static partial int inflateInit2_(State* stream, int windowBits, byte* version, int length);

    [LibraryImport(Library)]
    private static partial int inflatePrime(State* stream, int bits, int value);

    [LibraryImport(Library)]
    private static partial int inflateSetDictionary(State* stream, byte* dictionary, uint length);

    [LibraryImport(Library)]
    private static partial int inflate(State* stream, int flush);

    [LibraryImport(Library)]
    private static partial int inflateEnd(State* stream);

    [LibraryImport(Library)]
    private static partial nuint crc32(nuint crc, byte* bytes, uint length);

    // z_stream (zlib.h). It must stay where it is.
    [StructLayout(LayoutKind.Sequential)]
    private struct State
    {
        public byte* NextIn;
        public uint AvailableIn;
        public nuint TotalIn;
        public byte* NextOut;
        public uint AvailableOut;
        public nuint TotalOut;
        public byte* Message;
        public void* Internal;
        public void* Allocate;
        public void* Free;
        public void* Opaque;
        public int DataType;
        public nuint Adler;
        public nuint Reserved;
    }
}
