using ImageFs.Storage.Checking;

namespace ImageFs.Tree;

/// <summary>What only <c>verify</c> asks a file system for. It opens each volume by itself, so a tree of several has none.</summary>
public sealed class FileSystemChecks
{
    /// <summary>Of a tree that has nothing to check but its files.</summary>
    public static FileSystemChecks None { get; } = new();

    /// <summary>The checks of the format's own structures, besides all files; and what exists but cannot be checked.</summary>
    public IReadOnlyList<Check> Structures { get; init; } = [];

    /// <summary>Which bytes files that are not hard links of each other may share.</summary>
    public SharedBytes SharedBytes { get; init; }

    /// <summary>
    /// Checks that an extent of a file, given by its address and length in bytes from the start of the volume, is not marked free. Null where
    /// the format has no map of free space.
    /// </summary>
    public Action<long, long>? CheckExtent { get; init; }
}
