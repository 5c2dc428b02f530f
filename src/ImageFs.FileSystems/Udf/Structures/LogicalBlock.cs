using System.Buffers.Binary;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>A block of a logical volume: a recorded address (ECMA-167 4/7.1).</summary>
/// <param name="Partition">Partition Reference Number: an index into the partition maps.</param>
/// <param name="Block">Logical Block Number in that partition.</param>
internal readonly record struct LogicalBlock(ushort Partition, uint Block)
{
    /// <summary>Bytes that it takes.</summary>
    public const int Length = 6;

    /// <summary>Reads one.</summary>
    public static LogicalBlock Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes));
}
