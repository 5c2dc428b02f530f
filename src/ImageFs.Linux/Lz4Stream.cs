using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>A frame of LZ4 decoded by liblz4; its checksums are checked.</summary>
public sealed unsafe partial class Lz4Stream : StreamDecoder
{
    private const uint Version = 100; // LZ4F_VERSION

    private void* _context;

    /// <exception cref="DllNotFoundException">There is no such library.</exception>
    /// <exception cref="LinuxException">There is no memory.</exception>
    public Lz4Stream()
    {
        void* context;
        if (LZ4F_isError(LZ4F_createDecompressionContext(&context, Version)) != 0)
        {
            throw new LinuxException("LZ4F_createDecompressionContext", Errno.ENOMEM);
        }

        _context = context;
    }

    /// <summary>Lets go of the library's memory.</summary>
    ~Lz4Stream() => Dispose(false);

    /// <inheritdoc/>
    public override DecodingState Decode(ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written)
    {
        fixed (byte* source = input)
        fixed (byte* target = output)
        {
            nuint from = (nuint)input.Length;
            nuint to = (nuint)output.Length;
            nuint left = LZ4F_decompress(_context, target, &to, source, &from, null);
            if (LZ4F_isError(left) != 0)
            {
                read = written = 0;
                return DecodingState.Damaged;
            }

            read = (int)from;
            written = (int)to;
            return left == 0 ? DecodingState.Ended : DecodingState.Going;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        if (_context is not null)
        {
            _ = LZ4F_freeDecompressionContext(_context);
            _context = null;
        }
    }

    [LibraryImport(Lz4.Library)]
    private static partial nuint LZ4F_createDecompressionContext(void** context, uint version);

    [LibraryImport(Lz4.Library)]
    private static partial nuint LZ4F_freeDecompressionContext(void* context);

    [LibraryImport(Lz4.Library)]
    private static partial nuint LZ4F_decompress(void* context, byte* target, nuint* targetLength, byte* source, nuint* sourceLength, void* options);

    [LibraryImport(Lz4.Library)]
    private static partial uint LZ4F_isError(nuint code);
}
