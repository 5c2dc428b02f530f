using ImageFs.Storage;

namespace ImageFs.Tests.Support;

/// <summary>Bytes in memory, and which of them were asked for.</summary>
internal sealed class RecordingSource(byte[] bytes) : BlockSource
{
    /// <summary>Where something was looked for, and how much of it.</summary>
    public List<(long Offset, long Length)> Asked { get; } = [];

    /// <inheritdoc/>
    public override long Length => bytes.Length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        Asked.Add((offset, maxLength));
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination) =>
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
