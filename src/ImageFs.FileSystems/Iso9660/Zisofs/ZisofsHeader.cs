using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660.Zisofs;

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
