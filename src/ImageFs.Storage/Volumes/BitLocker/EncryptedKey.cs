using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>A key encrypted by AES-CCM (BDE "FVE AES-CCM encrypted key").</summary>
internal sealed class EncryptedKey
{
    // Of what is encrypted: an entry's header, and the method that the key is for.
    private const int HeaderSize = 12;
    private const int MaxLength = 512;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly long _address;

    /// <summary>Takes an entry that has one.</summary>
    /// <exception cref="InvalidImageException">It cannot be one.</exception>
    public EncryptedKey(MetadataEntry entry)
    {
        entry.CheckLength(AesCcm.NonceSize + AesCcm.TagSize + HeaderSize + 1);
        _bytes = entry.Data;
        _address = entry.Address;
        if (_bytes.Length > MaxLength)
        {
            throw new InvalidImageException("BitLocker encrypted key", _address, $"it has {_bytes.Length} bytes, where at most {MaxLength} are possible", "BDE, FVE AES-CCM encrypted key");
        }
    }

    /// <summary>Decrypts it.</summary>
    /// <param name="key">The key that it is encrypted with: 256 bits.</param>
    /// <returns>Null when that is another one.</returns>
    /// <exception cref="InvalidImageException">It is damaged, though it is encrypted with this key.</exception>
    public SecretMemory? Decrypt(ReadOnlySpan<byte> key)
    {
        ReadOnlySpan<byte> nonce = _bytes.Span[..AesCcm.NonceSize];
        ReadOnlySpan<byte> tag = _bytes.Span.Slice(AesCcm.NonceSize, AesCcm.TagSize);
        ReadOnlySpan<byte> encrypted = _bytes.Span[(AesCcm.NonceSize + AesCcm.TagSize)..];
        using var text = new SecretMemory(encrypted.Length);
        encrypted.CopyTo(text.Span);
        if (!AesCcm.TryDecrypt(key, nonce, tag, text.Span))
        {
            return null;
        }

        int length = BinaryPrimitives.ReadUInt16LittleEndian(text.Span);
        if (length != text.Length)
        {
            throw new InvalidImageException("BitLocker encrypted key", _address, $"it says that it has {length} bytes, and has {text.Length}", "BDE, FVE AES-CCM encrypted key");
        }

        var result = new SecretMemory(text.Length - HeaderSize);
        text.Span[HeaderSize..].CopyTo(result.Span);
        return result;
    }
}
