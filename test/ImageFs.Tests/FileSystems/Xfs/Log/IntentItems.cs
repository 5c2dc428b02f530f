using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs;
using ImageFs.FileSystems.Xfs.Log;

namespace ImageFs.Tests.FileSystems.Xfs.Log;

/// <summary>Intents as they are logged, and images of which they are all that the log has.</summary>
internal static class IntentItems
{
    public const uint Map = 1;
    public const uint Unmap = 2;
    public const uint Unwritten = 1u << 30;

    /// <summary>An image whose log has these transactions, which are not written elsewhere.</summary>
    public static byte[] WithLog(byte[] image, params byte[][][][] transactions)
    {
        byte[] changed = [.. image];
        var superBlock = new SuperBlock(changed.AsSpan(0, 512));
        var geometry = new Geometry(superBlock, 0);
        var log = new LogBytes((int)(geometry.LogBlocks * geometry.BlockSize / LogBytes.BlockSize), superBlock.Uuid.ToArray());
        uint number = 1;
        foreach (byte[][][] items in transactions)
        {
            log.AddItems(0, number++, items);
        }

        log.Bytes.CopyTo(changed, (int)geometry.AddressOf(geometry.LogStart));
        return changed;
    }

    /// <summary>xfs_bui_log_format.</summary>
    public static byte[][] BlockMap(ulong id, long inode, long fileBlock, long block, uint count, uint flags) => [Bytes(
        ((ushort)LogItemType.BlockMap, 2), (1, 2), (1u, 4), (id, 8), ((ulong)inode, 8), ((ulong)block, 8), ((ulong)fileBlock, 8), (count, 4), (flags, 4))];

    /// <summary>xfs_xmi_log_format.</summary>
    public static byte[][] Exchange(ulong id, (long Inode, uint Generation, long Start, long Size) first, (long Inode, uint Generation, long Start, long Size) second, long count, ExchangeFlags flags) => [Bytes(
        ((ushort)LogItemType.Exchange, 2), (1, 2), (0, 4), (id, 8), ((ulong)first.Inode, 8), ((ulong)second.Inode, 8), (first.Generation, 4), (second.Generation, 4),
        ((ulong)first.Start, 8), ((ulong)second.Start, 8), (unchecked((ulong)count), 8), ((ulong)flags, 8), (unchecked((ulong)first.Size), 8), (unchecked((ulong)second.Size), 8))];

    /// <summary>xfs_attri_log_format, with its name and value.</summary>
    public static byte[][] Attribute(ulong id, long inode, AttributeOperation operation, uint kind, byte[] name, byte[] value)
    {
        byte[] format = Bytes(
            ((ushort)LogItemType.Attribute, 2), (value.Length > 0 ? 3u : 2u, 2), (0, 4), (id, 8), ((ulong)inode, 8), ((ulong)operation, 4),
            ((ulong)value.Length, 4), ((ulong)name.Length, 4), (kind, 4));
        return value.Length > 0 ? [format, Padded(name), Padded(value)] : [format, Padded(name)];
    }

    /// <summary>That an intent is done: all kinds of it are alike.</summary>
    public static byte[][] Done(LogItemType intent, ulong id) => [Bytes(((ulong)intent + 1, 2), (1, 2), (0, 4), (id, 8))];

    // Regions are written in words.
    private static byte[] Padded(byte[] bytes) => [.. bytes, .. new byte[(4 - (bytes.Length % 4)) % 4]];

    private static byte[] Bytes(params (ulong Value, int Size)[] fields)
    {
        byte[] bytes = new byte[fields.Sum(field => field.Size)];
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        int at = 0;
        foreach ((ulong value, int size) in fields)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            word[..size].CopyTo(bytes.AsSpan(at));
            at += size;
        }

        return bytes;
    }
}
