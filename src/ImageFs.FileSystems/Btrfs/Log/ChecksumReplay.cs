using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>Puts the checksums of data that a log has into the tree of checksums (EXTENT_CSUM).</summary>
/// <param name="tree">The tree of checksums.</param>
internal sealed class ChecksumReplay(TreeEdits tree)
{
    private readonly ulong _sector = (uint)tree.Tree.Reader.Geometry.SectorSize;
    private readonly int _size = tree.Tree.Reader.Geometry.Checksum.Size;

    /// <summary>The tree of checksums.</summary>
    public TreeEdits Tree => tree;

    /// <summary>Replays those of a range of data.</summary>
    /// <param name="log">The log.</param>
    /// <param name="start">The logical address.</param>
    /// <param name="end">The first address behind it.</param>
    /// <exception cref="ImageException">The trees are damaged.</exception>
    public void Replay(TreeEdits log, ulong start, ulong end)
    {
        foreach ((ulong address, byte[] sums) in Overlapping(log, start, end))
        {
            ulong first = Math.Max(address, start);
            ulong last = Math.Min(EndOf(address, sums), end);
            Remove(first, last);
            tree.Put(KeyOf(first), Part(address, sums, first, last));
        }
    }

    private void Remove(ulong start, ulong end)
    {
        foreach ((ulong address, byte[] sums) in Overlapping(tree, start, end))
        {
            tree.Remove(KeyOf(address));
            if (address < start)
            {
                tree.Put(KeyOf(address), Part(address, sums, address, start));
            }

            if (EndOf(address, sums) > end)
            {
                tree.Put(KeyOf(end), Part(address, sums, end, EndOf(address, sums)));
            }
        }
    }

    private List<(ulong Address, byte[] Sums)> Overlapping(TreeEdits where, ulong start, ulong end)
    {
        var found = new List<(ulong, byte[])>();
        TreeKey? from = where.TryLast(KeyOf(start), out TreeKey before, out _) && IsChecksum(before) ? before : KeyOf(start);
        while (from is { } at && where.TryFirst(at, out TreeKey key, out byte[] sums) && IsChecksum(key) && key.Offset < end)
        {
            if (sums.Length % _size != 0 || key.Offset % _sector != 0 || key.Offset > long.MaxValue)
            {
                throw LogReplay.Contradiction(where.Tree, $"the item {key} has {sums.Length} bytes, which are no checksums of {_size}");
            }

            if (EndOf(key.Offset, sums) > start)
            {
                found.Add((key.Offset, sums));
            }

            from = key.Next;
        }

        return found;
    }

    private ulong EndOf(ulong address, byte[] sums) => address + ((ulong)(sums.Length / _size) * _sector);

    private byte[] Part(ulong address, byte[] sums, ulong start, ulong end) =>
        sums[((int)((start - address) / _sector) * _size)..((int)((end - address) / _sector) * _size)];

    private static TreeKey KeyOf(ulong address) => new(ObjectIds.ExtentChecksum, ItemType.ExtentChecksum, address);

    private static bool IsChecksum(in TreeKey key) => key.ObjectId == ObjectIds.ExtentChecksum && key.Type == ItemType.ExtentChecksum;
}
