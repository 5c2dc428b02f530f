using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Advice;

/// <summary>Finds what was meant by a path that leads to nothing: the nearest name in the deepest directory on its way, and what is behind.</summary>
internal static class NearPath
{
    /// <summary>In an image: does something with a path. The error that there is no such path says what may have been meant.</summary>
    /// <param name="fileSystem">Where the path is.</param>
    /// <param name="path">The path.</param>
    /// <param name="action">What is done.</param>
    /// <exception cref="LinuxException">What it throws.</exception>
    internal static T Explain<T>(FileSystem fileSystem, string path, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT && InImage(fileSystem, path) is { } near)
        {
            throw new LinuxException(e.Call, e.Errno, path, $"did you mean {near}?");
        }
    }

    /// <summary>Of this machine: what may have been meant; null when that is nothing that is near.</summary>
    internal static string? OnHost(string path) => Find(path, Paths.IsFolder, Paths.Exists, folder => Paths.List(folder.Length == 0 ? "." : folder));

    private static string? InImage(FileSystem fileSystem, string path)
    {
        // The names of volumes are told anyway.
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

            start = path.AsSpan(start, end - start).IndexOfAnyExcept('/') + start;
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
