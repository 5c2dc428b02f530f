using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuse.Ahead;

/// <summary>
/// Has the rest of a compressed block stored in the mount's cache when a little of it was read: who reads here and there comes back to the block
/// when it is no longer kept decoded, and would have it decoded again.
/// </summary>
/// <param name="store">Has a part of a file stored: of which node, from where on, and how many bytes.</param>
internal sealed class BlocksAhead(Action<ulong, long, int> store)
{
    /// <summary>Bytes of the largest block that is stored.</summary>
    public const int LargestBlock = 1 << 20;

    // Who reads a larger part of a block reads the others as well, and the kernel asks for them ahead.
    private const int SmallPart = 4;

    /// <summary>Bytes of a compressed block were read, through the mount's cache.</summary>
    /// <param name="nodeId">The file.</param>
    /// <param name="file">Its contents.</param>
    /// <param name="offset">The first of them.</param>
    /// <param name="length">How many.</param>
    public void NoteRead(ulong nodeId, BlockSource file, long offset, int length)
    {
        if (length > LargestBlock / SmallPart || !TryFind(file, offset, length, out LocatedExtent extent, out EncodedBlock block)
            || length > block.Length / SmallPart || block.Length > LargestBlock)
        {
            return;
        }

        // Whole pages, but for the file's last. A file that has the block in another order than it is stored in has other bytes there.
        long before = extent.Address - block.Offset;
        long start = Math.Max(0, offset - before);
        long end = Math.Min(file.Length, offset - before + block.Length);
        start = (start + PageBuffer.PageSize - 1) / PageBuffer.PageSize * PageBuffer.PageSize;
        end = end == file.Length ? end : end / PageBuffer.PageSize * PageBuffer.PageSize;
        if (end - start > length)
        {
            store(nodeId, start, (int)(end - start));
        }
    }

    private static bool TryFind(BlockSource file, long offset, int length, out LocatedExtent extent, out EncodedBlock block)
    {
        block = default;
        try
        {
            extent = file.Locate(offset, length);
            if (extent.Kind != ExtentKind.Encoded)
            {
                return false;
            }

            block = extent.Block;
            return !block.Codec.KeepsPlaces;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The reader has been told, or nobody needs to be.
            extent = default;
            return false;
        }
    }
}
