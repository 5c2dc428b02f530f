using ImageFs.Storage;

namespace ImageFs.Tests.Support;

/// <summary>Bytes in memory, and how often they were asked for.</summary>
internal sealed class CountingSource(byte[] bytes) : BlockSource
{
    /// <summary>How many reads there were.</summary>
    public long Reads { get; private set; }

    /// <summary>How many bytes were read.</summary>
    public long BytesRead { get; private set; }

    /// <inheritdoc/>
    public override long Length => bytes.Length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        Reads++;
        BytesRead += destination.Length;
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
