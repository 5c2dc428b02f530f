using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>Finds what was meant by a path that leads to nothing: the nearest name in the deepest directory on its way, and what is behind.</summary>
public static class NearPath
{
    /// <summary>In a file system: what may have been meant; null when that is nothing that is near, or the name of a volume, which are told anyway.</summary>
    /// <param name="fileSystem">Where the path is.</param>
    /// <param name="path">The path, from its root.</param>
    public static string? Find(FileSystem fileSystem, string path)
    {
        return fileSystem is VolumeTree && !path.Trim('/').Contains('/', StringComparison.Ordinal)
            ? null
            : Find(path, IsFolder, Exists, List);

        IEnumerable<string> List(string folder) => DirectoryContents.Read(fileSystem, PathLookup.Find(fileSystem, folder.Length == 0 ? "/" : folder))
            .Entries.Select(entry => ByteText.FromBytes(entry.Name));
        bool IsFolder(string folder) => fileSystem.GetAttributes(PathLookup.Find(fileSystem, folder)).Type == NodeType.Directory;
        bool Exists(string file)
        {
            try
            {
                _ = PathLookup.Find(fileSystem, file, followLast: false);
                return true;
            }
            catch (LinuxException)
            {
                return false;
            }
        }
    }

    /// <summary>Of this machine: what may have been meant; null when that is nothing that is near.</summary>
    /// <param name="path">The path.</param>
    public static string? OnHost(string path) => Find(path, Paths.IsFolder, Paths.Exists, folder => Paths.List(folder.Length == 0 ? "." : folder));

    /// <summary>Among some paths, of which nothing else is known: the one that may have been meant; null when none is near.</summary>
    /// <param name="path">The path.</param>
    /// <param name="paths">Those that there are.</param>
    public static string? Among(string path, IReadOnlyCollection<string> paths)
    {
        return Find(path, static _ => true, Exists, List) is { } near && paths.Contains(near) ? near : null;

        bool Exists(string known) => paths.Any(one => one == known || one.StartsWith(AsFolder(known), StringComparison.Ordinal));
        IEnumerable<string> List(string folder) =>
            paths.Where(one => one.StartsWith(AsFolder(folder), StringComparison.Ordinal)).Select(one => one[AsFolder(folder).Length..].Split('/')[0]);
        static string AsFolder(string path) => path.Length == 0 || path.EndsWith('/') ? path : $"{path}/";
    }

    private static string? Find(string path, Func<string, bool> isFolder, Func<string, bool> exists, Func<string, IEnumerable<string>> list)
    {
        try
        {
            // Up to the first name that is not there.
            int start = 0;
            int end = EndOfName(path, 0);
            while (exists(path[..end]))
            {
                if (end == path.Length || !isFolder(path[..end]))
                {
                    return null;
                }

                start = end;
                end = EndOfName(path, end);
            }

            start += Math.Max(0, path.AsSpan(start, end - start).IndexOfAnyExcept('/'));
            string? near = NearWord.Find(path[start..end], list(path[..start]).Order(StringComparer.Ordinal));
            return near is null ? null : exists(path[..start] + near + path[end..]) ? path[..start] + near + path[end..] : path[..start] + near;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // What cannot be listed has no advice to give.
            return null;
        }
    }

    // With the slashes before it.
    private static int EndOfName(string path, int start)
    {
        int name = path.AsSpan(start).IndexOfAnyExcept('/');
        return name >= 0 && path.IndexOf('/', start + name) is >= 0 and var end ? end : path.Length;
    }
}
