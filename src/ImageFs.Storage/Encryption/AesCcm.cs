using System.Buffers.Binary;
using System.Security.Cryptography;
using ImageFs.Linux;

namespace ImageFs.Storage.Encryption;

/// <summary>AES in counter mode with a CBC-MAC (NIST SP 800-38C), as keys are wrapped with: nonces of 12 bytes, tags of 16, no further data.</summary>
internal static class AesCcm
{
    /// <summary>Bytes of a nonce.</summary>
    public const int NonceSize = 12;

    /// <summary>Bytes of a tag.</summary>
    public const int TagSize = 16;

    private const int BlockSize = 16;
    private const int LengthSize = BlockSize - 1 - NonceSize;
    private const int MaxLength = 1 << 16;

    private static readonly CipherSpecification s_aes = CipherSpecification.Parse("aes-ecb");

    /// <summary>Decrypts and checks a text.</summary>
    /// <param name="key">The key.</param>
    /// <param name="nonce">The nonce.</param>
    /// <param name="tag">The tag, encrypted.</param>
    /// <param name="text">The text, decrypted where it is.</param>
    /// <returns>Whether the tag is the text's; if not, the key is another one or the text is damaged, and is cleared.</returns>
    /// <exception cref="UnsupportedFeatureException">There is no libcrypto, or the key has none of AES's lengths.</exception>
    public static bool TryDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> tag, Span<byte> text)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(text.Length, MaxLength);
        BlockCipher cipher = s_aes.MakeCipher(key, encrypts: true);

        // A.3: counter 0 is for the tag, those from 1 on for the text.
        int blocks = (text.Length + BlockSize - 1) / BlockSize;
        using var stream = new SecretMemory((1 + blocks) * BlockSize);
        for (int i = 0; i <= blocks; i++)
        {
            Span<byte> counter = stream.Span.Slice(i * BlockSize, BlockSize);
            counter[0] = LengthSize - 1;
            nonce[..NonceSize].CopyTo(counter[1..]);
            BinaryPrimitives.WriteUInt16BigEndian(counter[^2..], checked((ushort)i));
        }

        cipher.Transform(stream.Span);
        Mask(text, stream.Span[BlockSize..]);
        Span<byte> expected = stackalloc byte[BlockSize];
        ComputeTag(cipher, nonce, text, expected);
        Mask(expected, stream.Span[..BlockSize]);
        bool isRight = CryptographicOperations.FixedTimeEquals(expected, tag[..TagSize]);
        if (!isRight)
        {
            text.Clear();
        }

        return isRight;
    }

    // 6.1 and A.2: the first block has the lengths and the nonce.
    private static void ComputeTag(BlockCipher cipher, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> text, Span<byte> tag)
    {
        tag.Clear();
        tag[0] = (((TagSize - 2) / 2) << 3) | (LengthSize - 1);
        nonce[..NonceSize].CopyTo(tag[1..]);
        BinaryPrimitives.WriteUInt16BigEndian(tag[^2..], (ushort)text.Length);
        cipher.Transform(tag);
        for (; text.Length > 0; text = text[Math.Min(BlockSize, text.Length)..])
        {
            Mask(tag, text);
            cipher.Transform(tag);
        }
    }

    private static void Mask(Span<byte> bytes, ReadOnlySpan<byte> masks)
    {
        for (int i = 0; i < bytes.Length && i < masks.Length; i++)
        {
            bytes[i] ^= masks[i];
        }
    }
}
