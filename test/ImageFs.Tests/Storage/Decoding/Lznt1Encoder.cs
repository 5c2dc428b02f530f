using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.Tests.Storage.Decoding;

/// <summary>Compresses by LZNT1 ([MS-XCA] 2.5), simply: each match is the nearest of those that begin with the same three bytes.</summary>
internal static class Lznt1Encoder
{
    private const int ChunkLength = 4096;

    /// <summary>A stream of all bytes; a chunk that would not shrink is stored.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> bytes)
    {
        var stream = new List<byte>();
        for (; bytes.Length > 0; bytes = bytes[Math.Min(bytes.Length, ChunkLength)..])
        {
            ReadOnlySpan<byte> chunk = bytes[..Math.Min(bytes.Length, ChunkLength)];
            byte[] encoded = EncodeChunk(chunk);
            bool isStored = encoded.Length >= chunk.Length;
            byte[] header = new byte[2];
            BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)((isStored ? 0x3000 : 0xB000) | ((isStored ? chunk.Length : encoded.Length) - 1)));
            stream.AddRange(header);
            stream.AddRange(isStored ? chunk.ToArray() : encoded);
        }

        return [.. stream];
    }

    private static byte[] EncodeChunk(ReadOnlySpan<byte> chunk)
    {
        var encoded = new List<byte>();
        var seen = new Dictionary<int, int>();
        int flagsAt = 0;
        int items = 0;
        for (int at = 0; at < chunk.Length; items++)
        {
            if (items % 8 == 0)
            {
                flagsAt = encoded.Count;
                encoded.Add(0);
            }

            int length = 1;
            if (at + 3 <= chunk.Length)
            {
                int key = chunk[at] | (chunk[at + 1] << 8) | (chunk[at + 2] << 16);
                if (seen.TryGetValue(key, out int from))
                {
                    int lengthBits = 16 - Math.Max(4, BitOperations.Log2((uint)(at - 1)) + 1);
                    while (length < (1 << lengthBits) + 2 && at + length < chunk.Length && chunk[from + length] == chunk[at + length])
                    {
                        length++;
                    }

                    int match = ((at - from - 1) << lengthBits) | (length - 3);
                    encoded[flagsAt] |= (byte)(1 << (items % 8));
                    encoded.Add((byte)(match & 0xFF));
                    encoded.Add((byte)(match >> 8));
                }

                seen[key] = at;
            }

            if (length == 1)
            {
                encoded.Add(chunk[at]);
            }

            at += length;
        }

        return [.. encoded];
    }
}
