namespace ImageFs.Linux;

/// <summary>How far a <see cref="StreamDecoder"/> came.</summary>
public enum DecodingState
{
    /// <summary>It needs more bytes, or more room.</summary>
    Going,

    /// <summary>The stream has ended, and what it has of checksums is right.</summary>
    Ended,

    /// <summary>The stream is damaged.</summary>
    Damaged,

    /// <summary>The stream needs more memory than it is given, or something that the library does not have.</summary>
    Refused,
}

/// <summary>A stream being decoded by a library of the system, as it is read. One thread at a time uses it.</summary>
public abstract class StreamDecoder : IDisposable
{
    /// <summary>Decodes what there is, as far as there is room.</summary>
    /// <param name="input">The next bytes of the stream.</param>
    /// <param name="output">Takes what is decoded.</param>
    /// <param name="read">Bytes of <paramref name="input"/> that are done with.</param>
    /// <param name="written">Bytes decoded.</param>
    public abstract DecodingState Decode(ReadOnlySpan<byte> input, Span<byte> output, out int read, out int written);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of the library's memory.</summary>
    /// <param name="isDisposing">False when nothing led to the decoder any more.</param>
    protected abstract void Dispose(bool isDisposing);
}
