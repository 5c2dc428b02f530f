using ImageFs.Linux;

namespace ImageFs.Storage.Decoding;

/// <summary>A part of a decoded block, where it is kept: it stays there until the lease is disposed of, once. The default one is of nothing.</summary>
public readonly struct DecodedLease : IDisposable
{
    private readonly DecodedBlockCache? _cache;
    private readonly DecodedBlock? _block;

    internal DecodedLease(DecodedBlockCache cache, DecodedBlock block, int start, int length)
    {
        _cache = cache;
        _block = block;
        Start = block.Start + start;
        Length = length;
    }

    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => _block is null;

    /// <summary>The memory that the bytes are in, for who hands them on by reference.</summary>
    public PageBuffer Memory => _cache!.Memory;

    /// <summary>Where they begin in that.</summary>
    public int Start { get; }

    /// <summary>How many there are.</summary>
    public int Length { get; }

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span.Slice(Start, Length);

    /// <inheritdoc/>
    public void Dispose() => _block?.Release();
}
