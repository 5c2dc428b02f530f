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
    public static NodeId Find(FileSystem fileSystem, string path, bool followLast = true) =>
        Follow(fileSystem, new Place(fileSystem.Root, IsBound: false), path, followLast, new Stack<NodeId>());

    /// <summary>
    /// As <see cref="Find(FileSystem, string, bool)"/> from another directory, as openat2(2) does with RESOLVE_BENEATH: neither the path nor a
    /// link on it may lead out of the directory.
    /// </summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="path">The path from there.</param>
    /// <param name="passed">The directories on the straight way to the node, <paramref name="directory"/> the first.</param>
    /// <exception cref="LinuxException">As for the other; or the path leads out (EXDEV).</exception>
    /// <exception cref="Storage.ImageException">The file system is damaged there.</exception>
    public static NodeId FindBeneath(FileSystem fileSystem, NodeId directory, string path, out IReadOnlyList<NodeId> passed)
    {
        var parents = new Stack<NodeId>();
        NodeId node = path.StartsWith('/') ? throw LeadsOut(path) : Follow(fileSystem, new Place(directory, IsBound: true), path, followLast: true, parents);
        passed = [.. parents.Reverse()];
        return node;
    }

    /// <param name="fileSystem">Where.</param>
    /// <param name="place">Where the path begins.</param>
    /// <param name="path">The path.</param>
    /// <param name="followLast">Whether a symbolic link at its end is followed.</param>
    /// <param name="parents">Takes the directories above the present one: not every format knows a directory's parent.</param>
    private static NodeId Follow(FileSystem fileSystem, Place place, string path, bool followLast, Stack<NodeId> parents)
    {
        if (path.Length == 0)
        {
            throw new LinuxException("open", Errno.ENOENT, "\"\"");
        }

        var names = new Stack<(string Name, bool IsOfLink)>();
        Push(names, path, isOfLink: false);
        NodeId node = place.Top;
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
                node = leadsOut && !place.IsBound ? node : parents.TryPop(out NodeId parent) ? parent : place.IsBound ? throw LeadsOut(path) : place.Top;
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
                node = place.IsBound ? throw LeadsOut(path) : fileSystem.RootOf(found);
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

    private static LinuxException LeadsOut(string path) => new("open", Errno.EXDEV, path);

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

    // Where a path begins, and whether it has to stay below.
    private readonly record struct Place(NodeId Top, bool IsBound);
}
