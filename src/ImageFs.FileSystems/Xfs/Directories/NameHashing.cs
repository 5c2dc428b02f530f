using System.Numerics;

namespace ImageFs.FileSystems.Xfs.Directories;

/// <summary>The hashes of names that are on disk (xfs_da_hashname), and names without regard to case (ascii-ci).</summary>
internal static class NameHashing
{
    /// <summary>The longest name.</summary>
    public const int MaxName = 255;

    /// <summary>The hash of a name.</summary>
    public static uint Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        for (; name.Length >= 4; name = name[4..])
        {
            hash = ((uint)name[0] << 21) ^ ((uint)name[1] << 14) ^ ((uint)name[2] << 7) ^ name[3] ^ BitOperations.RotateLeft(hash, 28);
        }

        foreach (byte c in name)
        {
            hash = c ^ BitOperations.RotateLeft(hash, 7);
        }

        return hash;
    }

    /// <summary>The hash of a name in a directory without regard to case (xfs_ascii_ci_hashname).</summary>
    public static uint HashCaseless(ReadOnlySpan<byte> name)
    {
        uint hash = 0;
        foreach (byte c in name)
        {
            hash = Fold(c) ^ BitOperations.RotateLeft(hash, 7);
        }

        return hash;
    }

    /// <summary>Whether two names differ in nothing but their case.</summary>
    public static bool AreSimilar(ReadOnlySpan<byte> name, ReadOnlySpan<byte> other)
    {
        if (name.Length != other.Length)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (Fold(name[i]) != Fold(other[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes a name as it is without regard to case.</summary>
    public static void Fold(ReadOnlySpan<byte> name, Span<byte> folded)
    {
        for (int i = 0; i < name.Length; i++)
        {
            folded[i] = Fold(name[i]);
        }
    }

    // The letters of ISO 8859-1, of which a multiplication sign is none (xfs_ascii_ci_need_xfrm).
    private static byte Fold(byte c) =>
        c is (>= (byte)'A' and <= (byte)'Z') or (>= 0xC0 and <= 0xD6) or (>= 0xD8 and <= 0xDE) ? (byte)(c + 0x20) : c;
}
