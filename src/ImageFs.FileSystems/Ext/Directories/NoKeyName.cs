using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>
/// What Linux shows of an encrypted name to one who has not the key (fscrypt, nokey names): the hash that finds it, its first bytes
/// and a digest of the others, in Base64url.
/// </summary>
internal static class NoKeyName
{
    /// <summary>The longest that one is.</summary>
    public const int MaxLength = 252;

    private const int HashSize = 8;
    private const int MaxVerbatim = 149;

    /// <summary>Forms the name.</summary>
    /// <param name="hash">Hash of the encrypted name in its directory.</param>
    /// <param name="minor">The second hash.</param>
    /// <param name="encrypted">The encrypted name.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>Bytes of the name.</returns>
    public static int Encode(uint hash, uint minor, ReadOnlySpan<byte> encrypted, Span<byte> destination)
    {
        Span<byte> name = stackalloc byte[HashSize + MaxVerbatim + SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(name, hash);
        BinaryPrimitives.WriteUInt32LittleEndian(name[sizeof(uint)..], minor);
        ReadOnlySpan<byte> verbatim = encrypted[..Math.Min(encrypted.Length, MaxVerbatim)];
        verbatim.CopyTo(name[HashSize..]);
        int length = HashSize + verbatim.Length;
        if (encrypted.Length > MaxVerbatim)
        {
            length += SHA256.HashData(encrypted[MaxVerbatim..], name[length..]);
        }

        return Base64Url.EncodeToUtf8(name[..length], destination);
    }
}
