using System.IO.Hashing;

namespace ImageFs.FileSystems.Directories;

/// <summary>Hashes of names for an index in memory. They are a process's own: an image cannot be made of names that all have one.</summary>
internal static class NameHash
{
    // Longer names differ before, or share a hash.
    private const int MaxFolded = 512;

    private static readonly long s_seed = Random.Shared.NextInt64();

    /// <summary>The hash of a name.</summary>
    public static uint Of(ReadOnlySpan<byte> name) => unchecked((uint)XxHash3.HashToUInt64(name, s_seed));

    /// <summary>The hash of a name in which the case of ASCII letters does not count.</summary>
    public static uint OfCaseless(ReadOnlySpan<byte> name)
    {
        Span<byte> folded = stackalloc byte[MaxFolded];
        name = name[..Math.Min(name.Length, MaxFolded)];
        for (int i = 0; i < name.Length; i++)
        {
            folded[i] = Fold(name[i]);
        }

        return Of(folded[..name.Length]);
    }

    /// <summary>A byte of a name in which the case of ASCII letters does not count.</summary>
    public static byte Fold(byte c) => c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
