using System.Buffers.Binary;
using ImageFs.Linux;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>A key spread over stripes, of which each is needed (LUKS1 2.4): so wiping any part of them wipes the key.</summary>
internal static class AntiForensicSplit
{
    /// <summary>Puts a key together.</summary>
    /// <param name="hash">The hash function.</param>
    /// <param name="stripes">The stripes, one after the other.</param>
    /// <param name="key">Takes the key; it has the length of a stripe.</param>
    public static void Merge(HashFunction hash, ReadOnlySpan<byte> stripes, Span<byte> key)
    {
        key.Clear();
        Span<byte> digest = stackalloc byte[HashFunction.MaxSize];
        for (; stripes.Length > key.Length; stripes = stripes[key.Length..])
        {
            Mask(key, stripes);
            Diffuse(hash, key, digest);
        }

        Mask(key, stripes);
        digest.Clear();
    }

    private static void Mask(Span<byte> key, ReadOnlySpan<byte> stripe)
    {
        for (int i = 0; i < key.Length; i++)
        {
            key[i] ^= stripe[i];
        }
    }

    // Each part, as long as a hash, becomes the hash of its number and itself.
    private static void Diffuse(HashFunction hash, Span<byte> key, Span<byte> digest)
    {
        Span<byte> number = stackalloc byte[sizeof(uint)];
        for (int i = 0; i * hash.Size < key.Length; i++)
        {
            Span<byte> part = key[(i * hash.Size)..];
            part = part[..Math.Min(part.Length, hash.Size)];
            BinaryPrimitives.WriteInt32BigEndian(number, i);
            hash.Compute(number, part, digest);
            digest[..part.Length].CopyTo(part);
        }
    }
}
