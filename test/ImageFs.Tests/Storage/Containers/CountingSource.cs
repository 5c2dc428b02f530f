using ImageFs.Storage;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>Bytes in memory; how often they are read is counted.</summary>
internal sealed class CountingSource(byte[] bytes) : BlockSource
{
    public int Reads { get; private set; }

    public override long Length => bytes.Length;

    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Inline, 0);
    }

    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        Reads++;
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
