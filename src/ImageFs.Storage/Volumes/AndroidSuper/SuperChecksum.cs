using System.Security.Cryptography;

namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>The checksums of a super partition's metadata: SHA-256.</summary>
internal static class SuperChecksum
{
    /// <summary>Whether the checksum that a structure has in it is that of its bytes with zeros in the place of the checksum.</summary>
    public static bool IsRight(ReadOnlySpan<byte> bytes, int place)
    {
        Span<byte> changed = stackalloc byte[bytes.Length];
        bytes.CopyTo(changed);
        changed.Slice(place, SHA256.HashSizeInBytes).Clear();
        return IsOf(changed, bytes[place..]);
    }

    /// <summary>Whether a checksum is that of bytes.</summary>
    public static bool IsOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> checksum)
    {
        OpenSsl.Require("SHA-256");
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return hash.SequenceEqual(checksum[..hash.Length]);
    }
}
