using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>Replays the extents that a log has of files: what was there before gives way (btrfs_drop_extents).</summary>
/// <param name="tree">The subvolume.</param>
/// <param name="log">Its log.</param>
/// <param name="inodes">Its inodes.</param>
/// <param name="checksums">The checksums of data; null where there is no tree of them.</param>
/// <param name="hasHoles">Whether holes are items, too: else what no item is of is one (NO_HOLES).</param>
internal sealed class ExtentReplay(TreeEdits tree, TreeEdits log, InodeEdits inodes, ChecksumReplay? checksums, bool hasHoles)
{
    private const int OffsetOffset = 37;
    private const int BytesOffset = 45;

    private readonly int _sector = tree.Tree.Reader.Geometry.SectorSize;

    /// <summary>Takes away what an inode has behind its size, as it was logged: of what lies behind on purpose the log tells anew.</summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void Truncate(ulong inode) => inodes.ChangeBytes(inode, -Drop(inode, RoundUp(inodes.SizeOf(inode)), ulong.MaxValue));

    /// <summary>Replays an extent.</summary>
    /// <exception cref="ImageException">The log contradicts the subvolume.</exception>
    public void Replay(in TreeKey key, byte[] item)
    {
        FileExtentItem extent = FileExtentItem.Read(log.Tree, log.Tree.Root.Address, key, item, _sector);
        bool isInline = extent.Type == FileExtentType.Inline;
        if (!isInline && tree.Find(key) is { } before && before.AsSpan().SequenceEqual(item))
        {
            return;
        }

        bool isHole = !isInline && extent.DiskAddress == 0;
        ulong end = isInline ? RoundUp(extent.RamBytes) : key.Offset + extent.Bytes;
        long dropped = Drop(key.ObjectId, key.Offset, end);
        if (!isHole || hasHoles)
        {
            tree.Put(key, item);
        }

        if (!isInline && !isHole)
        {
            bool isWhole = extent.Compression != CompressionKind.None;
            ulong first = extent.DiskAddress + (isWhole ? 0 : extent.Offset);
            checksums?.Replay(log, first, first + (isWhole ? extent.DiskBytes : extent.Bytes));
        }

        inodes.ChangeBytes(key.ObjectId, (isHole ? 0 : isInline ? (long)extent.RamBytes : (long)extent.Bytes) - dropped);
    }

    // What was dropped, in bytes of nbytes.
    private long Drop(ulong inode, ulong start, ulong end)
    {
        long dropped = 0;
        var first = new TreeKey(inode, ItemType.ExtentData, start);
        TreeKey? from = tree.TryLast(first, out TreeKey before, out _) && IsOf(inode, before) ? before : first;
        while (from is { } at && tree.TryFirst(at, out TreeKey key, out byte[] item) && IsOf(inode, key) && key.Offset < end)
        {
            from = key.Next;
            FileExtentItem extent = FileExtentItem.Read(tree.Tree, tree.Tree.Root.Address, key, item, _sector);
            bool isInline = extent.Type == FileExtentType.Inline;
            ulong stop = key.Offset + (isInline ? extent.RamBytes : extent.Bytes);
            if (stop <= start)
            {
                continue;
            }

            if (isInline && (key.Offset < start || stop > end))
            {
                throw LogReplay.Contradiction(log.Tree, $"it replaces a part of the inline data of inode {inode}");
            }

            tree.Remove(key);
            if (key.Offset < start)
            {
                tree.Put(key, Part(item, extent, 0, start - key.Offset));
            }

            if (stop > end)
            {
                tree.Put(key with { Offset = end }, Part(item, extent, end - key.Offset, stop - end));
            }

            if (isInline || extent.DiskAddress != 0)
            {
                dropped += (long)(Math.Min(stop, end) - Math.Max(key.Offset, start));
            }
        }

        return dropped;
    }

    private static byte[] Part(byte[] item, FileExtentItem extent, ulong skip, ulong length)
    {
        byte[] part = [.. item];
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(OffsetOffset), extent.Offset + skip);
        BinaryPrimitives.WriteUInt64LittleEndian(part.AsSpan(BytesOffset), length);
        return part;
    }

    private static bool IsOf(ulong inode, in TreeKey key) => key.ObjectId == inode && key.Type == ItemType.ExtentData;

    private ulong RoundUp(ulong bytes)
    {
        ulong mask = (uint)_sector - 1;
        return bytes > ulong.MaxValue - mask ? ulong.MaxValue : (bytes + mask) & ~mask;
    }
}
