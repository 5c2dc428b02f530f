using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.Zisofs;

/// <summary>What a ZF entry says of a compressed file, and its header must say too.</summary>
/// <param name="Algorithm">The algorithm: <c>pz</c> is paged zlib; <c>PZ</c> the same in version 2.</param>
/// <param name="Version">Version of the format: 1 or 2.</param>
/// <param name="HeaderLength">Bytes of the file header.</param>
/// <param name="BlockShift">Base-2 logarithm of the uncompressed bytes in a block.</param>
/// <param name="Size">Bytes of the whole file when uncompressed.</param>
internal readonly record struct ZisofsParameters(ushort Algorithm, byte Version, int HeaderLength, byte BlockShift, ulong Size)
{
    /// <summary>Whether the blocks are compressed by zlib.</summary>
    public bool IsZlib => Algorithm == (('p' << 8) | 'z') || Algorithm == (('P' << 8) | 'Z');

    /// <summary>The two letters of the algorithm, as a number when they are none: they may be anything.</summary>
    public string AlgorithmName => char.IsAsciiLetter((char)(Algorithm >> 8)) && char.IsAsciiLetter((char)(Algorithm & 0xFF))
        ? new([(char)(Algorithm >> 8), (char)(Algorithm & 0xFF)])
        : $"0x{Algorithm:x4}";
}

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

/// <summary>The header that a compressed file begins with (zisofs format; zisofs2 format).</summary>
internal readonly ref struct ZisofsHeader
{
    /// <summary>Bytes of a header of version 1.</summary>
    public const int LengthV1 = 16;

    /// <summary>Bytes of a header of version 2.</summary>
    public const int LengthV2 = 24;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly byte _version;

    /// <param name="bytes">The header.</param>
    /// <param name="version">Version of the format: 1 or 2.</param>
    public ZisofsHeader(ReadOnlySpan<byte> bytes, byte version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, LengthOf(version), nameof(bytes));
        _bytes = bytes;
        _version = version;
    }

    /// <summary>Whether the magic number is right.</summary>
    public bool IsValid => _bytes.StartsWith(
        _version == 1 ? [0x37, 0xE4, 0x53, 0x96, 0xC9, 0xDB, 0xD6, 0x07] : [0xEF, 0x22, 0x55, 0xA1, 0xBC, 0x1B, 0x95, 0xA0]);

    /// <summary>Bytes of the file when uncompressed.</summary>
    public ulong Size => _version == 1
        ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..])
        : BinaryPrimitives.ReadUInt64LittleEndian(_bytes[12..]);

    /// <summary>Bytes of the header.</summary>
    public int HeaderLength => _bytes[_version == 1 ? 12 : 9] * 4;

    /// <summary>Base-2 logarithm of the uncompressed bytes in a block.</summary>
    public byte BlockShift => _bytes[_version == 1 ? 13 : 11];

    /// <summary>Bytes of a header of a version.</summary>
    public static int LengthOf(byte version) => version == 1 ? LengthV1 : LengthV2;
}
