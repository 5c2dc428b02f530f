using System.Buffers.Binary;

namespace ImageFs.Manifest;

/// <summary>Writes where the chunks of a file are (erofs_inode_chunk_index).</summary>
internal static class ChunkIndex
{
    /// <summary>Bytes of one.</summary>
    public const int Length = 8;

    /// <summary>Writes one of a chunk of zeros (EROFS_NULL_ADDR).</summary>
    public static void WriteHole(Span<byte> index)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(index, ushort.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(index[2..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(index[4..], uint.MaxValue);
    }

    /// <summary>Writes one.</summary>
    /// <param name="index">Its bytes.</param>
    /// <param name="device">The device, from 1.</param>
    /// <param name="block">The block that it begins at on that device.</param>
    public static void Write(Span<byte> index, int device, ulong block)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(index, (ushort)(block >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(index[2..], (ushort)device);
        BinaryPrimitives.WriteUInt32LittleEndian(index[4..], (uint)(block & uint.MaxValue));
    }
}
