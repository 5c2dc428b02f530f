using System.Text;

namespace ImageFs.FileSystems.Directories;

/// <summary>
/// Names that a directory can have on disk, but no path can hold. No tool makes them: an entry with one is skipped and reported as damage,
/// because a file that is silently missing would be worse. Linux fails such a listing, too (verify_dirent_name).
/// </summary>
internal static class EntryName
{
    private const int MaxQuoted = 64;

    /// <summary>Why no path can lead to a name; null when one can. Not for the dots that stand for a directory and its parent.</summary>
    /// <param name="name">The name as it would be shown.</param>
    public static string? FindProblem(ReadOnlySpan<byte> name) => name switch
    {
        [] => "its name is empty",
        [(byte)'.'] or [(byte)'.', (byte)'.'] => $"its name is {Quote(name)}, as if it were the directory itself or its parent",
        _ when name.Contains((byte)'/') => $"its name {Quote(name)} has a slash in it",
        _ when name.Contains((byte)0) => $"its name {Quote(name)} has a NUL in it",
        _ => null,
    };

    // A few bytes of it, for people.
    private static string Quote(ReadOnlySpan<byte> name) =>
        $"\"{Encoding.UTF8.GetString(name[..Math.Min(name.Length, MaxQuoted)])}\"";
}
