using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>Writes where the chunks of a file are (erofs_inode_chunk_index).</summary>
internal static class ChunkIndex
{
    /// <summary>Bytes of one.</summary>
    public const int Length = 8;

    /// <summary>How many a node has.</summary>
    public static long CountOf(ManifestNode node) => (node.Size - 1 >> node.ChunkBits) + 1;

    /// <summary>Writes those of a node one after the other.</summary>
    /// <param name="node">A node of some bytes, whose extents begin at multiples of its chunks.</param>
    /// <param name="blockBits">Bytes of a block as a power of two.</param>
    /// <param name="numberOf">The number of a device, from 1.</param>
    /// <param name="append">Takes them.</param>
    public static void WriteAll(ManifestNode node, int blockBits, Func<FileDevice, int> numberOf, Action<ReadOnlySpan<byte>> append)
    {
        Span<byte> index = stackalloc byte[Length];
        int at = 0;
        long chunks = CountOf(node);
        for (long chunk = 0; chunk < chunks; chunk++)
        {
            long offset = chunk << node.ChunkBits;
            while (node.Extents[at].Offset + node.Extents[at].Length <= offset)
            {
                at++;
            }

            DataExtent extent = node.Extents[at];
            if (extent.IsHole)
            {
                WriteHole(index);
            }
            else
            {
                Write(index, numberOf(extent.Device), (ulong)(extent.Address + offset - extent.Offset) >> blockBits);
            }

            append(index);
        }
    }

    // Of a chunk of zeros (EROFS_NULL_ADDR).
    private static void WriteHole(Span<byte> index)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(index, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(index[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(index[4..], uint.MaxValue);
    }

    private static void Write(Span<byte> index, int device, ulong block)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(index, (ushort)(block >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(index[2..], (ushort)device);
        BinaryPrimitives.WriteUInt32LittleEndian(index[4..], (uint)(block & uint.MaxValue));
    }
}
