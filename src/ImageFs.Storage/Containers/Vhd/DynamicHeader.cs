using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>The header of a disk that is not fixed (VHD: Dynamic Disk Header Format).</summary>
internal readonly ref struct DynamicHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 1024;

    /// <summary>How many places of the parent there may be.</summary>
    public const int LocatorCount = 8;

    private const int LocatorLength = 24;

    private readonly ReadOnlySpan<byte> _bytes;

    public DynamicHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether magic number and checksum are right.</summary>
    public bool IsValid => _bytes.StartsWith("cxsparse"u8) && Checksum.IsValid(_bytes, 36);

    /// <summary>Where the block allocation table is.</summary>
    public ulong TableOffset => BinaryPrimitives.ReadUInt64BigEndian(_bytes[16..]);

    public uint MaxTableEntries => BinaryPrimitives.ReadUInt32BigEndian(_bytes[28..]);

    /// <summary>Bytes of a block, without its sector bitmap.</summary>
    public uint BlockSize => BinaryPrimitives.ReadUInt32BigEndian(_bytes[32..]);

    public Guid ParentUniqueId => new(_bytes.Slice(40, 16), bigEndian: true);

    /// <summary>The parent's file name; it may be a path.</summary>
    public string ParentName => Encoding.BigEndianUnicode.GetString(_bytes.Slice(64, 512)).TrimEnd('\0');

    /// <summary>A place of the parent: by which platform's rules, and where its path is in this file.</summary>
    public (uint Platform, ulong Offset, uint Length) Locator(int number)
    {
        ReadOnlySpan<byte> locator = _bytes.Slice(576 + (number * LocatorLength), LocatorLength);
        return (
            BinaryPrimitives.ReadUInt32BigEndian(locator),
            BinaryPrimitives.ReadUInt64BigEndian(locator[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(locator[8..]));
    }
}
