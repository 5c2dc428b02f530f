using System.Buffers.Binary;
using System.Text;

namespace ImageFs.FileSystems.Erofs.Devices;

/// <summary>An entry of the table of devices (erofs_deviceslot): a device beside the one with the super block, which has data only.</summary>
internal readonly ref struct DeviceSlot
{
    /// <summary>Bytes of an entry.</summary>
    public const int Size = 128;

    private const int TagSize = 64;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _hasHighBits;

    /// <param name="bytes">The entry.</param>
    /// <param name="hasHighBits">Whether numbers of blocks have 48 bits.</param>
    public DeviceSlot(ReadOnlySpan<byte> bytes, bool hasHighBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Size, nameof(bytes));
        _bytes = bytes;
        _hasHighBits = hasHighBits;
    }

    /// <summary>tag: what tells it from others, mostly the digest of what is in it; empty when nothing does, or no text.</summary>
    public string Tag
    {
        get
        {
            ReadOnlySpan<byte> tag = _bytes[..TagSize];
            int end = tag.IndexOf((byte)0);
            tag = end < 0 ? tag : tag[..end];
            return tag.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E) ? string.Empty : Encoding.ASCII.GetString(tag);
        }
    }

    /// <summary>Its blocks.</summary>
    public ulong Blocks => Join(64, 72);

    /// <summary>uniaddr: the block that it begins at where all devices count as one; 0 when it has none.</summary>
    public ulong FirstBlock => Join(68, 74);

    private ulong Join(int low, int high) =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes[low..]) | (_hasHighBits ? (ulong)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[high..]) << 32 : 0);
}
