using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>A part that is a stream of its own to a library.</summary>
/// <param name="structure">What it is, for errors: "zstd frame".</param>
/// <param name="source">The file.</param>
/// <param name="address">Where it begins there.</param>
/// <param name="storedLength">Bytes that it takes there.</param>
/// <param name="length">Its bytes, decoded; null when nobody knows.</param>
/// <param name="decoder">Decodes it; the reader owns it.</param>
internal sealed class StreamPartReader(string structure, BlockSource source, long address, long storedLength, long? length, StreamDecoder decoder) : PartReader
{
    private const int InputLength = 128 << 10;

    private readonly byte[] _input = new byte[InputLength];
    private readonly byte[] _behind = new byte[1];
    private ReadOnlyMemory<byte> _next;
    private long _read;
    private long _written;
    private bool _hasTail;
    private bool _isEnded;

    /// <summary>What the library is given before the stored bytes.</summary>
    public ReadOnlyMemory<byte> Head
    {
        init => _next = value;
    }

    /// <summary>What the library is given after the stored bytes.</summary>
    public ReadOnlyMemory<byte> Tail { get; init; }

    /// <summary>Whether the part is not the whole of what the library takes for its stream: it ends with its length.</summary>
    public bool EndsInside { get; init; }

    /// <inheritdoc/>
    public override long Taken => _read;

    /// <inheritdoc/>
    public override int Read(Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length && !_isEnded && (length is null || _written < length))
        {
            Span<byte> room = destination[done..];
            done += Step(length is { } known ? room[..(int)Math.Min(room.Length, known - _written)] : room);
        }

        if (done > 0)
        {
            return done;
        }

        // What is left of the stream are its end and its checksums.
        while (!_isEnded && !EndsInside)
        {
            if (Step(_behind) > 0)
            {
                throw new InvalidImageException(structure, address, $"it holds more than the {length} bytes that it should");
            }
        }

        return length is null || _written == length
            ? 0
            : throw new InvalidImageException(structure, address, $"it holds {_written} bytes, and not the {length} that it should");
    }

    /// <inheritdoc/>
    public override void Dispose() => decoder.Dispose();

    private int Step(Span<byte> destination)
    {
        bool isOut = _next.IsEmpty && !Fill();
        DecodingState state = decoder.Decode(_next.Span, destination, out int read, out int written);
        _next = _next[read..];
        _written += written;
        _isEnded = state == DecodingState.Ended;
        return state switch
        {
            DecodingState.Damaged => throw new InvalidImageException(structure, address, $"it is damaged: {(_written == length ? "a checksum is wrong" : $"it cannot be decoded after {_written} bytes")}"),
            DecodingState.Refused => throw new UnsupportedFeatureException($"{structure} at 0x{address:X} that needs more memory than it is given (256 MiB), or a filter or checksum that the library does not have"),
            DecodingState.Going when isOut && written == 0 => throw new InvalidImageException(structure, address, $"its {storedLength} bytes end before its stream does"),
            _ => written,
        };
    }

    private bool Fill()
    {
        if (_read == storedLength)
        {
            _next = _hasTail ? default : Tail;
            _hasTail = true;
            return !_next.IsEmpty;
        }

        long at = address + _read;
        if (at >= source.Length)
        {
            throw new TruncatedImageException(at, source.Length);
        }

        int count = (int)Math.Min(Math.Min(_input.Length, storedLength - _read), source.Length - at);
        source.ReadAt(at, _input.AsSpan(0, count));
        _read += count;
        _next = _input.AsMemory(0, count);
        return true;
    }
}
