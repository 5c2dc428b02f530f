using System.Numerics;
using System.Runtime.InteropServices;
using ImageFs.Linux;

namespace ImageFs.Storage.Encryption;

/// <summary>
/// The Elephant diffuser, which BitLocker of Windows Vista and 7 has around AES-CBC: it spreads each bit over the whole sector ("AES-CBC +
/// Elephant diffuser", N. Ferguson, 2006). dm-crypt calls it <c>elephant</c>.
/// </summary>
/// <param name="cipher">AES with the sector key's own key, for encryption.</param>
internal sealed class ElephantDiffuser(BlockCipher cipher)
{
    private const int RoundsOfA = 5;
    private const int RoundsOfB = 3;
    private const int BlockSize = 16;

    /// <summary>Undoes both diffusers and the sector key on a sector that AES-CBC was undone on.</summary>
    /// <param name="address">Where the sector begins in the volume, in bytes.</param>
    /// <param name="sector">The sector.</param>
    public void Remove(ulong address, Span<byte> sector)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(sector);
        for (int round = 0; round < RoundsOfB; round++)
        {
            RemoveB(words);
        }

        for (int round = 0; round < RoundsOfA; round++)
        {
            RemoveA(words);
        }

        // The sector key: the address encrypted, and once more with its last byte 0x80.
        Span<byte> key = stackalloc byte[2 * BlockSize];
        key.Clear();
        MemoryMarshal.Write(key, in address);
        MemoryMarshal.Write(key[BlockSize..], in address);
        key[^1] = 0x80;
        cipher.Transform(key);
        ReadOnlySpan<ulong> keyWords = MemoryMarshal.Cast<byte, ulong>(key);
        Span<ulong> targets = MemoryMarshal.Cast<byte, ulong>(sector);
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] ^= keyWords[i & 3];
        }
    }

    // d[i] += d[i - 2] ^ (d[i - 5] <<< Ra[i mod 4]), Ra = 9, 0, 13, 0; places count around the sector. The first words look at its end.
    private static void RemoveA(Span<uint> d)
    {
        int n = d.Length;
        unchecked
        {
            d[0] += d[n - 2] ^ BitOperations.RotateLeft(d[n - 5], 9);
            d[1] += d[n - 1] ^ d[n - 4];
            d[2] += d[0] ^ BitOperations.RotateLeft(d[n - 3], 13);
            d[3] += d[1] ^ d[n - 2];
            d[4] += d[2] ^ BitOperations.RotateLeft(d[n - 1], 9);
            int i = 5;
            d[i] += d[i - 2] ^ d[i - 5];
            d[i + 1] += d[i - 1] ^ BitOperations.RotateLeft(d[i - 4], 13);
            d[i + 2] += d[i] ^ d[i - 3];
            for (i = 8; i + 3 < n; i += 4)
            {
                d[i] += d[i - 2] ^ BitOperations.RotateLeft(d[i - 5], 9);
                d[i + 1] += d[i - 1] ^ d[i - 4];
                d[i + 2] += d[i] ^ BitOperations.RotateLeft(d[i - 3], 13);
                d[i + 3] += d[i + 1] ^ d[i - 2];
            }
        }
    }

    // d[i] += d[i + 2] ^ (d[i + 5] <<< Rb[i mod 4]), Rb = 0, 10, 0, 25. The last words look at the start of the sector.
    private static void RemoveB(Span<uint> d)
    {
        int n = d.Length;
        unchecked
        {
            int i = 0;
            for (; i + 8 < n; i += 4)
            {
                d[i] += d[i + 2] ^ d[i + 5];
                d[i + 1] += d[i + 3] ^ BitOperations.RotateLeft(d[i + 6], 10);
                d[i + 2] += d[i + 4] ^ d[i + 7];
                d[i + 3] += d[i + 5] ^ BitOperations.RotateLeft(d[i + 8], 25);
            }

            for (; i < n; i++)
            {
                int rotation = (i & 3) switch { 1 => 10, 3 => 25, _ => 0 };
                d[i] += d[(i + 2) % n] ^ BitOperations.RotateLeft(d[(i + 5) % n], rotation);
            }
        }
    }
}
