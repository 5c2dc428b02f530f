using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Readers;

/// <summary>A file of an image that another process reads: where its bytes lie is asked for, and those that lie nowhere as they are are asked for themselves.</summary>
/// <param name="fileSystem">The image.</param>
/// <param name="node">The file.</param>
/// <param name="length">Its length in bytes.</param>
/// <param name="first">Its first extents; at least one, where it has bytes.</param>
internal sealed class ReaderFile(ReaderFileSystem fileSystem, NodeId node, long length, ReaderExtent[] first) : BlockSource
{
    // Bytes that one request asks for.
    private const int MaxRead = 1 << 20;

    // In a row. Whoever needs others takes their place.
    private ReaderExtent[] _extents = first;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        ReaderExtent extent = Find(offset);
        long skipped = offset - extent.Offset;
        long count = Math.Min(extent.Length - skipped, maxLength);
        below = extent.Device ?? (BlockSource)this;
        return extent.Device is null ? new Extent(offset, count, extent.Kind, 0) : Extent.Mapped(offset, count, extent.Address + skipped);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int count = Math.Min(destination.Length, MaxRead);
            fileSystem.Read(node, offset, destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    protected override bool HasOtherCopy(long offset) => Find(offset).HasOtherCopy;

    /// <inheritdoc/>
    protected override bool TryReadOtherCopy(long offset, Span<byte> destination)
    {
        try
        {
            ReadOwn(offset, destination);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    private ReaderExtent Find(long offset)
    {
        ReaderExtent[] known = Volatile.Read(ref _extents);
        if (known.Length == 0 || offset < known[0].Offset || offset >= known[^1].End)
        {
            known = fileSystem.Locate(node, offset, length);
            Volatile.Write(ref _extents, known);
        }

        int low = 0;
        for (int high = known.Length - 1; low < high;)
        {
            int middle = (low + high) / 2;
            if (known[middle].End <= offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return known[low];
    }
}
