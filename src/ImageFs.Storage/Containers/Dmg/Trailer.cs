using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Dmg;

/// <summary>The last 512 bytes of the file; all numbers are big-endian (UDIF: koly block).</summary>
internal readonly ref struct Trailer
{
    /// <summary>Bytes of a trailer.</summary>
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    public Trailer(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public bool HasMagic => _bytes.StartsWith("koly"u8) && BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]) == Length;

    public uint Version => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>Where the bytes of all blocks begin.</summary>
    public ulong DataForkOffset => UInt64(24);

    /// <summary>How many files the image is in; 0 for one.</summary>
    public uint SegmentCount => BinaryPrimitives.ReadUInt32BigEndian(_bytes[60..]);

    public Guid SegmentId => new(_bytes.Slice(64, 16), bigEndian: true);

    /// <summary>Where the property list is.</summary>
    public ulong XmlOffset => UInt64(216);

    /// <summary>Bytes of the property list; 0 in images that have a resource fork instead.</summary>
    public ulong XmlLength => UInt64(224);

    /// <summary>Sectors of the disk.</summary>
    public ulong SectorCount => UInt64(492);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64BigEndian(_bytes[offset..]);
}
