using System.Buffers.Binary;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>An extent of the volume, outside of partitions (ECMA-167 3/7.1).</summary>
/// <param name="Length">Its length in bytes; 0 is no extent.</param>
/// <param name="Location">Its first block.</param>
internal readonly record struct VolumeExtent(uint Length, uint Location)
{
    /// <summary>Reads one.</summary>
    public static VolumeExtent Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]));
}
