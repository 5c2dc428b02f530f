using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>Finds the paths that a pattern means, as a shell does in a folder: <c>boot/*.img</c>. A star matches no slash, and a dot at the start of a name only a dot.</summary>
internal static class PathPattern
{
    /// <summary>The paths in the order of their bytes.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">A path: one that is there, or is no pattern, means itself.</param>
    /// <exception cref="LinuxException">It is a pattern, and nothing matches (ENOENT).</exception>
    internal static IEnumerable<string> Expand(FileSystem fileSystem, string path)
    {
        if (!Glob.IsPattern(path) || Exists(fileSystem, path))
        {
            return [path];
        }

        List<string> found = [path.StartsWith('/') ? "/" : string.Empty];
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            found = [.. found.SelectMany(folder => Step(fileSystem, folder, name))];
        }

        return found.Count > 0 ? found : throw new LinuxException("open", Errno.ENOENT, $"{path}: nothing matches");
    }

    /// <summary>What several paths mean, for who only wants to know how much it is: what is not there is left out.</summary>
    internal static IEnumerable<NodeId> ExpandAll(FileSystem fileSystem, IEnumerable<string> paths)
    {
        foreach (string path in paths)
        {
            List<NodeId> nodes = [];
            try
            {
                nodes.AddRange(Expand(fileSystem, path).Select(one => PathLookup.Find(fileSystem, one)));
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // Who reads it tells.
            }

            foreach (NodeId node in nodes)
            {
                yield return node;
            }
        }
    }

    private static IEnumerable<string> Step(FileSystem fileSystem, string folder, string name)
    {
        string prefix = folder.Length == 0 || folder.EndsWith('/') ? folder : folder + "/";
        if (!Glob.IsPattern(name))
        {
            return Exists(fileSystem, prefix + name) ? [prefix + name] : [];
        }

        NodeId node = PathLookup.Find(fileSystem, folder.Length == 0 ? "/" : folder);
        if (fileSystem.GetAttributes(node).Type != NodeType.Directory)
        {
            return [];
        }

        var glob = new Glob(name);
        var contents = DirectoryContents.Read(fileSystem, node);
        contents.ThrowIfDamaged();
        return contents.Entries.Select(entry => ByteText.FromBytes(entry.Name))
            .Where(found => (found[0] != '.' || name[0] == '.') && glob.Matches(found)).Select(found => prefix + found);
    }

    private static bool Exists(FileSystem fileSystem, string path)
    {
        try
        {
            _ = PathLookup.Find(fileSystem, path, followLast: false);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            return false;
        }
    }
}
