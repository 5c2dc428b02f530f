using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>A source of any length with a few bytes in it; the rest is a hole.</summary>
internal sealed class SparseSource(long length) : BlockSource
{
    private readonly SortedList<long, byte[]> _parts = [];

    public override long Length => length;

    public SparseSource With(long address, byte[] bytes)
    {
        _parts.Add(address, bytes);
        return this;
    }

    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        long end = Math.Min(offset + maxLength, Length);
        foreach ((long start, byte[] bytes) in _parts)
        {
            if (offset >= start && offset < start + bytes.Length)
            {
                return new Extent(offset, Math.Min(end, start + bytes.Length) - offset, ExtentKind.Own, 0);
            }

            if (start > offset)
            {
                end = Math.Min(end, start);
                break;
            }
        }

        return Extent.Hole(offset, end - offset);
    }

    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        KeyValuePair<long, byte[]> part = _parts.Last(part => part.Key <= offset);
        part.Value.AsSpan((int)(offset - part.Key), destination.Length).CopyTo(destination);
    }
}
