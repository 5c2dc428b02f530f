using System.Buffers.Binary;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Numbers that are recorded twice, in both byte orders (ECMA-119 7.2.3 and 7.3.3). The little-endian one counts: there are writers
/// that leave the other wrong or empty.
/// </summary>
internal static class BothEndian
{
    public static ushort UInt16(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadUInt16LittleEndian(field);

    public static uint UInt32(ReadOnlySpan<byte> field) => BinaryPrimitives.ReadUInt32LittleEndian(field);

    public static bool Agree16(ReadOnlySpan<byte> field) => UInt16(field) == BinaryPrimitives.ReadUInt16BigEndian(field[2..]);

    public static bool Agree32(ReadOnlySpan<byte> field) => UInt32(field) == BinaryPrimitives.ReadUInt32BigEndian(field[4..]);
}
