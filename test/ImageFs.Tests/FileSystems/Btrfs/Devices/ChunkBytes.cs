using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;

namespace ImageFs.Tests.FileSystems.Btrfs.Devices;

/// <summary>Chunks made by hand (btrfs_chunk).</summary>
internal static class ChunkBytes
{
    public const long Stripe = 64 << 10;

    /// <summary>The item of a chunk; its stripes are at 1 MiB of devices 1, 2 and so on, whose UUIDs are their numbers.</summary>
    public static byte[] Make(BlockGroupFlags flags, long length, int stripes, int subStripes = 1)
    {
        byte[] bytes = new byte[ChunkItem.HeaderSize + (stripes * ChunkItem.StripeSize)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), Stripe);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), (ulong)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(44), (ushort)stripes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(46), (ushort)subStripes);
        for (int i = 0; i < stripes; i++)
        {
            Span<byte> stripe = bytes.AsSpan(ChunkItem.HeaderSize + (i * ChunkItem.StripeSize));
            BinaryPrimitives.WriteInt64LittleEndian(stripe, i + 1);
            BinaryPrimitives.WriteInt64LittleEndian(stripe[8..], 1 << 20);
            stripe[31] = (byte)(i + 1);
        }

        return bytes;
    }

    /// <summary>The key of a device of <see cref="Make"/>.</summary>
    public static DeviceKey Key(int number) => new((ulong)number, (UInt128)number);

    /// <summary>Reads a chunk that begins at 16 MiB.</summary>
    public static Chunk Read(byte[] bytes, DeviceTable? devices = null) => Chunk.Read(16 << 20, bytes, 0x1234, 4096, devices ?? new DeviceTable());
}
