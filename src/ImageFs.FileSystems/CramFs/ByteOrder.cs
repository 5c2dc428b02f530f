using System.Buffers.Binary;

namespace ImageFs.FileSystems.CramFs;

/// <summary>The order of an image's bytes: that of the machine which it is for.</summary>
/// <param name="IsBigEndian">Whether the first byte counts most; bit fields begin at that end, too.</param>
internal readonly record struct ByteOrder(bool IsBigEndian)
{
    /// <summary>A number of 32 bits.</summary>
    public uint UInt32(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    /// <summary>A number of 16 bits.</summary>
    public ushort UInt16(ReadOnlySpan<byte> bytes) => IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    /// <summary>The bit field that is declared first in 32 bits, of two.</summary>
    public uint First(uint word, int bits) => IsBigEndian ? word >> (32 - bits) : word & ((1u << bits) - 1);

    /// <summary>The bit field that is declared after the first one.</summary>
    public uint Second(uint word, int firstBits) => IsBigEndian ? word & (uint.MaxValue >> firstBits) : word >> firstBits;
}
