using System.Runtime.InteropServices;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Indexes;

/// <summary>An index of something else than names: keys of numbers of 32 bits each, and values ($SII of $Secure, $O of $ObjId).</summary>
internal static class ViewIndex
{
    /// <summary>Opens an index of a file.</summary>
    /// <returns>Null when it has none of the name.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static IndexRecords? Open(NtfsVolume volume, FileRecord record, string name)
    {
        var parts = new IndexParts(name);
        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                parts.Take(volume, ref scan);
            }
        }
        finally
        {
            scan.Dispose();
        }

        return parts.Root is null ? null : new IndexRecords(volume, record, parts);
    }

    /// <summary>Finds the value of a key.</summary>
    /// <param name="index">The index.</param>
    /// <param name="key">The key.</param>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="ImageException">A record on the way is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static byte[]? Find(this IndexRecords index, ReadOnlySpan<byte> key)
    {
        using var buffer = new PooledBuffer(index.BufferSize);
        var numbers = new Numbers(key);
        return index.TryFind(ref numbers, buffer.Span, out IndexEntry entry) ? entry.Value.ToArray() : null;
    }

    /// <summary>Which of two keys comes first; 0 when they are the same.</summary>
    public static int Compare(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        MemoryMarshal.Cast<byte, uint>(left).SequenceCompareTo(MemoryMarshal.Cast<byte, uint>(right));

    private readonly ref struct Numbers(ReadOnlySpan<byte> key) : IIndexKey
    {
        private readonly ReadOnlySpan<byte> _key = key;

        public bool TryCompare(IndexEntry entry, out int order)
        {
            order = Compare(_key, entry.Key);
            return true;
        }
    }
}
