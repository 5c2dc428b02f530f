using ImageFs.Linux;

namespace ImageFs.FileSystems;

/// <summary>Finds nodes by their paths, as the kernel would under a mount: symbolic links are followed and never lead out.</summary>
public static class PathLookup
{
    // As the kernel has it (path_resolution(7)).
    private const int MaxLinks = 40;

    /// <summary>Finds a node.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">From the root, with or without a slash before it; ".." of the root is the root.</param>
    /// <param name="followLast">Whether a symbolic link at the end of the path is followed.</param>
    /// <exception cref="LinuxException">There is no such node (ENOENT), what should be a directory is none (ENOTDIR), or links lead in a circle (ELOOP).</exception>
    /// <exception cref="Storage.ImageException">The file system is damaged there.</exception>
    public static NodeId Find(FileSystem fileSystem, string path, bool followLast = true)
    {
        // The directories above the present one: not every format knows a directory's parent.
        var parents = new Stack<NodeId>();
        var names = new Stack<string>(Names(path).Reverse());
        NodeId node = fileSystem.Root;
        int links = 0;
        while (names.TryPop(out string? name))
        {
            if (fileSystem.GetAttributes(node).Type != NodeType.Directory)
            {
                throw new LinuxException("open", Errno.ENOTDIR, path);
            }

            if (name == "..")
            {
                node = parents.TryPop(out NodeId parent) ? parent : fileSystem.Root;
                continue;
            }

            if (!fileSystem.TryLookup(node, ByteText.ToBytes(name), out NodeId found))
            {
                bool isRoot = node == fileSystem.Root;
                throw new LinuxException("open", Errno.ENOENT, isRoot && fileSystem is VolumeTree tree ? $"{path} (there are {tree.Listing})" : path);
            }

            if ((names.Count > 0 || followLast) && fileSystem.GetAttributes(found).Type == NodeType.SymbolicLink)
            {
                if (++links > MaxLinks)
                {
                    throw new LinuxException("open", Errno.ELOOP, path);
                }

                string target = ByteText.FromBytes(fileSystem.ReadLink(found));
                if (target.StartsWith('/'))
                {
                    parents.Clear();
                    node = fileSystem.Root;
                }

                foreach (string part in Names(target).Reverse())
                {
                    names.Push(part);
                }

                continue;
            }

            parents.Push(node);
            node = found;
        }

        return node;
    }

    private static IEnumerable<string> Names(string path) => path.Split('/').Where(name => name is not ("" or "."));
}
