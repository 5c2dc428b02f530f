namespace ImageFs.Storage;

/// <summary>Bytes in memory: a small file that its format keeps among metadata.</summary>
/// <param name="bytes">The bytes; not copied.</param>
public sealed class MemorySource(ReadOnlyMemory<byte> bytes) : BlockSource
{
    /// <summary>One without a byte.</summary>
    public static MemorySource Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <inheritdoc/>
    public override long Length => bytes.Length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination) =>
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
}
