using System.Buffers.Binary;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>A file as WIM stores it, and as Windows stores a compressed system file: a table of where each chunk but the first begins, and the chunks.</summary>
/// <param name="Stored">Its bytes.</param>
/// <param name="Length">Bytes that it holds.</param>
/// <param name="ChunkLength">Bytes that are compressed together; 0 where it is stored as it is.</param>
/// <param name="Sha1">The hash of what it holds.</param>
internal sealed record CompressedBlob(byte[] Stored, int Length, int ChunkLength, byte[] Sha1)
{
    /// <summary>Its chunks.</summary>
    /// <returns>Each as it is stored, with the bytes that it holds: as many where it is not compressed.</returns>
    public IEnumerable<(ReadOnlyMemory<byte> Stored, int Length)> Chunks()
    {
        int count = (Length + ChunkLength - 1) / ChunkLength;
        int table = (count - 1) * sizeof(int);
        for (int i = 0; i < count; i++)
        {
            int start = i == 0 ? table : table + Begin(i);
            int end = i == count - 1 ? Stored.Length : table + Begin(i + 1);
            yield return (Stored.AsMemory(start, end - start), Math.Min(ChunkLength, Length - (i * ChunkLength)));
        }
    }

    private int Begin(int chunk) => BinaryPrimitives.ReadInt32LittleEndian(Stored.AsSpan((chunk - 1) * sizeof(int)));
}
