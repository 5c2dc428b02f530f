using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.Zisofs;

/// <summary>A ZF or Z2 entry: the file is compressed (zisofs format; zisofs2 format).</summary>
internal readonly ref struct ZisofsEntry
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 16;

    private readonly ReadOnlySpan<byte> _data;
    private readonly byte _version;

    public ZisofsEntry(SystemUseEntry entry)
    {
        _data = SystemUse.Require(entry, Length, "ZF", "zisofs");
        _version = entry.Version;
    }

    /// <summary>The fields. Version 2 has a size of 64 bits where version 1 has one of 32 bits in both byte orders.</summary>
    public ZisofsParameters Parameters => new(
        BinaryPrimitives.ReadUInt16BigEndian(_data),
        _version,
        _data[2] * 4,
        _data[3],
        _version == 1 ? BothEndian.UInt32(_data[4..]) : BinaryPrimitives.ReadUInt64LittleEndian(_data[4..]));
}
