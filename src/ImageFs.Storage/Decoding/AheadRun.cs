namespace ImageFs.Storage.Decoding;

/// <summary>One source that is decoded ahead of who reads it. The lock of the <see cref="DecodingAhead"/> that it belongs to is held where it is changed.</summary>
public class AheadRun
{
    // Parts in a row with nothing in them to decode, after which no more is looked at.
    private const int Patience = 16;

    private long _reader;
    private long _taken;
    private int _inVain;
    private bool _isLookedAt;

    /// <summary>The source; null while it is not known, and when there is none.</summary>
    public BlockSource? Source { get; private set; }

    /// <summary>Up to where it is to be decoded.</summary>
    public long Limit { get; set; }

    /// <summary>Whether there was anything to decode in it.</summary>
    public bool IsDecoded { get; private set; }

    /// <summary>Whether any part of it was taken.</summary>
    public bool IsBegun => _taken > 0;

    /// <summary>Whether no part of it is taken any more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Up to where the reader has come: what is before is left to it. Threads look at it without the lock.</summary>
    public long Reader => Volatile.Read(ref _reader);

    /// <summary>Bytes that are decoded, or being decoded, ahead of the reader.</summary>
    public long Ahead => IsOver && !IsDecoded ? 0 : Math.Max(0, _taken - _reader);

    /// <summary>Whether there is a part to be taken, or its source is to be found, which nobody is at.</summary>
    public bool HasMore => !IsOver && (Source is null ? !_isLookedAt : Math.Max(_taken, _reader) < Limit);

    /// <summary>Begins with a source, where the reader is.</summary>
    /// <param name="source">The source; null when there is none.</param>
    /// <param name="limit">Up to where it is to be decoded.</param>
    public void Begin(BlockSource? source, long limit)
    {
        Source = source;
        Limit = limit;
        IsOver = source is null;
        IsDecoded = false;
        _taken = 0;
        _inVain = 0;
    }

    /// <summary>The reader has come to an offset.</summary>
    public void Pass(long offset) => Volatile.Write(ref _reader, offset);

    /// <summary>Takes the next part.</summary>
    /// <param name="length">Its bytes at most.</param>
    internal (long Offset, long End) Take(long length)
    {
        _isLookedAt = true;
        long offset = Math.Max(_taken, _reader);
        _taken = Math.Min(Limit, offset + length);
        return (offset, _taken);
    }

    /// <summary>A part was gone through.</summary>
    /// <param name="found">Whether there was anything in it to decode.</param>
    internal void Note(bool found)
    {
        IsDecoded |= found;
        _inVain = found ? 0 : _inVain + 1;
        IsOver |= _inVain == Patience;
    }
}
