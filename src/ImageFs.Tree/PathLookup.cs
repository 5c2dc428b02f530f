using ImageFs.Linux;

namespace ImageFs.Tree;

/// <summary>
/// Finds nodes by their paths, as the kernel would in a root directory of its own (chroot(2)): symbolic links are followed, an absolute
/// one from the root of the volume that it is in, and none leads out of that.
/// </summary>
public static class PathLookup
{
    // As the kernel has it (path_resolution(7)).
    private const int MaxLinks = 40;

    /// <param name="fileSystem">Where.</param>
    /// <param name="path">From the root, with or without a slash before it; ".." of the root is the root. A path that ends in a slash names
    /// a directory.</param>
    /// <param name="followLast">Whether a symbolic link at the end of the path is followed.</param>
    /// <exception cref="LinuxException">There is no such node, or the path is empty (ENOENT), what should be a directory is none (ENOTDIR), or links lead in a circle (ELOOP).</exception>
    /// <exception cref="Storage.ImageException">The file system is damaged there.</exception>
    public static NodeId Find(FileSystem fileSystem, string path, bool followLast = true)
    {
        if (path.Length == 0)
        {
            throw new LinuxException("open", Errno.ENOENT, "\"\"");
        }

        // The directories above the present one: not every format knows a directory's parent.
        var parents = new Stack<NodeId>();
        var names = new Stack<(string Name, bool IsOfLink)>();
        Push(names, path, isOfLink: false);
        NodeId node = fileSystem.Root;
        int links = 0;
        while (names.TryPop(out (string Name, bool IsOfLink) next))
        {
            if (fileSystem.GetAttributes(node).Type != NodeType.Directory)
            {
                throw new LinuxException("open", Errno.ENOTDIR, path);
            }

            if (next.Name == ".")
            {
                continue;
            }

            if (next.Name == "..")
            {
                bool leadsOut = next.IsOfLink && node == fileSystem.RootOf(node);
                node = leadsOut ? node : parents.TryPop(out NodeId parent) ? parent : fileSystem.Root;
                continue;
            }

            if (!fileSystem.TryLookup(node, ByteText.ToBytes(next.Name), out NodeId found))
            {
                bool isRoot = node == fileSystem.Root;
                throw new LinuxException("open", Errno.ENOENT, isRoot && fileSystem is VolumeTree tree ? $"{path} (there are {tree.Listing})" : path);
            }

            if ((names.Count == 0 && !followLast) || fileSystem.GetAttributes(found).Type != NodeType.SymbolicLink)
            {
                parents.Push(node);
                node = found;
                continue;
            }

            string target = ByteText.FromBytes(fileSystem.ReadLink(found));
            if (target.Length == 0 || ++links > MaxLinks)
            {
                throw new LinuxException("open", target.Length == 0 ? Errno.ENOENT : Errno.ELOOP, path);
            }

            if (target[0] == '/')
            {
                node = fileSystem.RootOf(found);
                parents.Clear();
                if (node != fileSystem.Root)
                {
                    parents.Push(fileSystem.Root);
                }
            }

            Push(names, target, isOfLink: true);
        }

        return node;
    }

    // After a slash at the end stands the directory itself.
    private static void Push(Stack<(string Name, bool IsOfLink)> names, string path, bool isOfLink)
    {
        if (path.EndsWith('/'))
        {
            names.Push((".", isOfLink));
        }

        foreach (string name in Enumerable.Reverse(path.Split('/', StringSplitOptions.RemoveEmptyEntries)))
        {
            names.Push((name, isOfLink));
        }
    }
}
