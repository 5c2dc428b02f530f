using System.Buffers;
using System.Security.Cryptography;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>
/// The digest of a file as fs-verity has it (Documentation/filesystems/fsverity.rst, SHA-256, blocks of 4096 bytes, without salt): the root of a
/// tree of hashes, so a part of the file can be checked by itself. <c>fsverity digest</c> prints the same.
/// </summary>
public static class VerityDigest
{
    private const int BlockSize = 4096;
    private const int BlockBits = 12;
    private const int HashLength = 32;
    private const int DescriptorLength = 256;
    private const int BufferLength = 1 << 20;

    /// <summary>Computes it: all bytes are read.</summary>
    /// <param name="source">The file.</param>
    /// <returns>32 bytes.</returns>
    /// <exception cref="Linux.LinuxException">It cannot be read.</exception>
    /// <exception cref="UnsupportedFeatureException">There is no OpenSSL.</exception>
    public static byte[] Of(BlockSource source)
    {
        OpenSsl.Require("SHA-256");
        var levels = new List<Level>();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            for (long offset = 0; offset < source.Length;)
            {
                int length = (int)Math.Min(BufferLength, source.Length - offset);
                source.ReadAt(offset, buffer.AsSpan(0, length));
                buffer.AsSpan(length, -length & (BlockSize - 1)).Clear();
                for (int at = 0; at < length; at += BlockSize)
                {
                    Add(levels, 0, SHA256.HashData(buffer.AsSpan(at, BlockSize)));
                }

                offset += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Describe(source.Length, RootOf(levels));
    }

    private static void Add(List<Level> levels, int depth, ReadOnlySpan<byte> hash)
    {
        if (levels.Count == depth)
        {
            levels.Add(new Level());
        }

        if (levels[depth].IsFull)
        {
            Add(levels, depth + 1, levels[depth].Close());
        }

        levels[depth].Add(hash);
    }

    // The hash of the one block of the highest level; of a file of one block the hash of that, and of none zeros.
    private static byte[] RootOf(List<Level> levels)
    {
        for (int depth = 0; depth < levels.Count; depth++)
        {
            if (depth == levels.Count - 1)
            {
                return levels[depth].Count == 1 ? levels[depth].First.ToArray() : levels[depth].Close();
            }

            Add(levels, depth + 1, levels[depth].Close());
        }

        return new byte[HashLength];
    }

    // fsverity_descriptor.
    private static byte[] Describe(long length, ReadOnlySpan<byte> root)
    {
        Span<byte> descriptor = stackalloc byte[DescriptorLength];
        descriptor.Clear();
        descriptor[0] = 1;
        descriptor[1] = 1;
        descriptor[2] = BlockBits;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(descriptor[8..], length);
        root.CopyTo(descriptor[16..]);
        return SHA256.HashData(descriptor);
    }

    // The block of hashes of a level that is being filled.
    private sealed class Level
    {
        private readonly byte[] _block = new byte[BlockSize];

        public int Count { get; private set; }

        public bool IsFull => Count == BlockSize / HashLength;

        public ReadOnlySpan<byte> First => _block.AsSpan(0, HashLength);

        public void Add(ReadOnlySpan<byte> hash) => hash.CopyTo(_block.AsSpan(HashLength * Count++));

        public byte[] Close()
        {
            byte[] hash = SHA256.HashData(_block);
            Array.Clear(_block);
            Count = 0;
            return hash;
        }
    }
}
