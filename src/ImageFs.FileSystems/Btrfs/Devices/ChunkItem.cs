using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs.Items;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>A chunk as it is on disk (btrfs_chunk): what a range of logical addresses lies on. Its key has the first of them.</summary>
internal readonly ref struct ChunkItem
{
    /// <summary>Bytes before the stripes.</summary>
    public const int HeaderSize = 48;

    /// <summary>Bytes of a stripe (btrfs_stripe).</summary>
    public const int StripeSize = 32;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The item, and what follows it.</param>
    public ChunkItem(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderSize, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>length: bytes of logical addresses.</summary>
    public ulong Length => BinaryPrimitives.ReadUInt64LittleEndian(_bytes);

    /// <summary>stripe_len: bytes that lie on one device before the next one's turn.</summary>
    public ulong StripeLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[16..]);

    /// <summary>type.</summary>
    public BlockGroupFlags Flags => (BlockGroupFlags)BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

    /// <summary>num_stripes.</summary>
    public int StripeCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[44..]);

    /// <summary>sub_stripes: copies of each stripe, of RAID10.</summary>
    public int SubStripes => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[46..]);

    /// <summary>Bytes that the item takes with its stripes.</summary>
    public int Size => HeaderSize + (StripeCount * StripeSize);

    /// <summary>Where a stripe is: its device, and the place there.</summary>
    public (DeviceKey Device, ulong Offset) Stripe(int index)
    {
        ReadOnlySpan<byte> stripe = _bytes.Slice(HeaderSize + (index * StripeSize), StripeSize);
        return (new DeviceKey(BinaryPrimitives.ReadUInt64LittleEndian(stripe), BinaryPrimitives.ReadUInt128BigEndian(stripe[16..])),
            BinaryPrimitives.ReadUInt64LittleEndian(stripe[8..]));
    }
}
