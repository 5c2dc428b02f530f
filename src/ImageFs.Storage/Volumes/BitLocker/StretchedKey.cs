using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>What a password becomes, so that guessing is dear: a chain of hashes (BDE "Recovery key", "User key").</summary>
internal static class StretchedKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 32;

    private const int Rounds = 0x100000;
    private const int SaltSize = 16;

    /// <summary>Derives the key of a recovery password.</summary>
    /// <param name="digits">The key that its digits are.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="key">Takes the key.</param>
    /// <exception cref="UnsupportedFeatureException">There is no libcrypto.</exception>
    public static void OfRecoveryPassword(ReadOnlySpan<byte> digits, ReadOnlySpan<byte> salt, Span<byte> key) => Derive(digits, salt, hashesTwice: false, key);

    /// <summary>Derives the key of a password.</summary>
    /// <param name="password">The password in UTF-16, little-endian.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="key">Takes the key.</param>
    /// <exception cref="UnsupportedFeatureException">There is no libcrypto.</exception>
    public static void OfPassword(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, Span<byte> key) => Derive(password, salt, hashesTwice: true, key);

    private static void Derive(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> salt, bool hashesTwice, Span<byte> key)
    {
        // The last hash, the first one, the salt, and a count.
        using var chain = new SecretMemory((2 * Size) + SaltSize + sizeof(ulong));
        using HashState hash = CryptoHash.Find("sha256").MakeState();
        Span<byte> bytes = chain.Span;
        Span<byte> first = bytes.Slice(Size, Size);
        hash.Compute(secret, default, first);
        if (hashesTwice)
        {
            hash.Compute(first, default, first);
        }

        salt.CopyTo(bytes[(2 * Size)..]);
        for (int round = 0; round < Rounds; round++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[^sizeof(ulong)..], round);
            hash.Compute(bytes, default, bytes[..Size]);
        }

        bytes[..Size].CopyTo(key);
    }
}
