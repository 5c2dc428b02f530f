using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Contents that are in the inode (ext4: Inline Data). What the size has beyond them reads as zeros.</summary>
/// <param name="bytes">The bytes that are there.</param>
/// <param name="length">The size.</param>
internal sealed class InlineData(byte[] bytes, long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        long count = Math.Min(maxLength, Length - offset);
        return offset < bytes.Length
            ? new Extent(offset, Math.Min(count, bytes.Length - offset), ExtentKind.Inline, 0)
            : Extent.Hole(offset, count);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination) =>
        bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
}
