using System.Buffers.Binary;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>A device of a file system (btrfs_dev_item).</summary>
internal readonly ref struct DeviceItem
{
    /// <summary>Bytes that it takes.</summary>
    public const int Size = 98;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The item.</param>
    public DeviceItem(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>devid and uuid: what tells it from all others.</summary>
    public DeviceKey Key => new(BinaryPrimitives.ReadUInt64LittleEndian(_bytes), BinaryPrimitives.ReadUInt128BigEndian(_bytes[66..]));

    /// <summary>total_bytes.</summary>
    public ulong TotalBytes => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[8..]);

    /// <summary>bytes_used: of chunks.</summary>
    public ulong BytesUsed => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[16..]);

    /// <summary>generation.</summary>
    public ulong Generation => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[44..]);

    /// <summary>fsid: of the file system that it belongs to; of a seed, not the one that grew from it.</summary>
    public UInt128 FileSystemId => BinaryPrimitives.ReadUInt128BigEndian(_bytes[82..]);
}

/// <summary>What tells a device from all others.</summary>
/// <param name="Id">devid: its number in the file system; 0 of one that is just taking the place of another.</param>
/// <param name="Uuid">uuid; the first byte is the highest.</param>
internal readonly record struct DeviceKey(ulong Id, UInt128 Uuid)
{
    /// <inheritdoc/>
    public override string ToString() => $"device {Id} (UUID {UuidText.Of(Uuid)})";
}

/// <summary>UUIDs as people write them.</summary>
internal static class UuidText
{
    /// <summary>The text of a UUID.</summary>
    /// <param name="uuid">The UUID; the first byte is the highest.</param>
    public static string Of(UInt128 uuid)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, uuid);
        return new Guid(bytes, bigEndian: true).ToString();
    }
}
