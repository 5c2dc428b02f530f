using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>A folder inside an image: what an image in it names is looked for there and below.</summary>
/// <param name="fileSystem">The file system that it is in.</param>
/// <param name="image">The image with the file system, for messages.</param>
/// <param name="directory">The folder.</param>
/// <param name="path">Its path from the root of the file system; null where that is not known, and nobody names files by paths.</param>
/// <param name="policy">Which files an image in it may name.</param>
internal sealed class FileSystemFolder(FileSystem fileSystem, string image, NodeId directory, string? path, BackingPolicy policy) : ImageFolder
{
    private const uint Root = 0;
    private const uint OthersMayRead = 4;
    private const uint OthersMaySearch = 1;

    /// <summary>Opens an image by its path in a file system, as a user gives it.</summary>
    /// <param name="fileSystem">The file system.</param>
    /// <param name="image">The image with the file system, for messages.</param>
    /// <param name="path">The path from its root.</param>
    /// <param name="policy">Which files the image may name.</param>
    /// <exception cref="LinuxException">There is no such file, or it is something else.</exception>
    /// <exception cref="ImageException">The file system is damaged there.</exception>
    public static ImageFile OpenImage(FileSystem fileSystem, string image, string path, BackingPolicy policy) =>
        OpenPath(fileSystem, image, path, policy, null);

    /// <summary>Opens an image in the folder.</summary>
    /// <param name="node">Its node.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="LinuxException">It is no regular file.</exception>
    /// <exception cref="ImageException">The file system is damaged there.</exception>
    public ImageFile OpenImage(NodeId node, string name) => OpenNode(node, name, null);

    /// <inheritdoc/>
    public override ImageFile Open(string file, string role, ImageFile opener)
    {
        if (policy != BackingPolicy.Folder)
        {
            return OpenNamed(file, role, opener);
        }

        NodeId node;
        IReadOnlyList<NodeId> passed;
        try
        {
            node = PathLookup.FindBeneath(fileSystem, directory, file, out passed);
        }
        catch (LinuxException e) when (e.Errno == Errno.EXDEV)
        {
            throw new ForbiddenFileException(role, file, "lies outside the image's own folder: backing=any allows it");
        }

        // As for files of this machine: the owner of an image gains no rights of whoever mounts it.
        foreach (ImageFile stranger in opener.Openers)
        {
            if (stranger.Owner is { } owner && owner != Root && !MayRead(owner, node, passed))
            {
                throw new ForbiddenFileException(role, file, $"cannot be read by user {owner}, whose file {stranger.Name} is: backing=any allows it");
            }
        }

        return FolderOf(file).OpenNode(node, Path.GetFileName(file), opener);
    }

    /// <inheritdoc/>
    public override ImageFile OpenNamed(string file, string role, ImageFile opener)
    {
        string full = Path.Combine(path ?? string.Empty, file);
        if (file.StartsWith('/') && fileSystem.RootOf(directory) != fileSystem.Root && path is not null)
        {
            // The volume that the folder is in, which is its own directory here, is what the image's system had as its root.
            full = path.Split('/', StringSplitOptions.RemoveEmptyEntries)[0] + file;
        }

        return OpenPath(fileSystem, image, full, policy, opener);
    }

    /// <inheritdoc/>
    public override bool Contains(string name)
    {
        try
        {
            return fileSystem.GetAttributes(PathLookup.FindBeneath(fileSystem, directory, name, out _)).Type == NodeType.Regular;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP or Errno.EXDEV)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<string> List(string folder)
    {
        try
        {
            NodeId node = folder.Length == 0 ? directory : PathLookup.FindBeneath(fileSystem, directory, folder, out _);
            return [.. DirectoryContents.Read(fileSystem, node).Entries.Select(entry => ByteText.FromBytes(entry.Name))];
        }
        catch (Exception e) when (e is LinuxException or ImageException)
        {
            return [];
        }
    }

    private static ImageFile OpenPath(FileSystem fileSystem, string image, string path, BackingPolicy policy, ImageFile? opener)
    {
        try
        {
            NodeId node = PathLookup.Find(fileSystem, path);
            string folder = Path.GetDirectoryName(path) ?? string.Empty;
            NodeId directory = folder.Length == 0 ? fileSystem.Root : PathLookup.Find(fileSystem, folder);
            return new FileSystemFolder(fileSystem, image, directory, folder, policy).OpenNode(node, Path.GetFileName(path), opener);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            throw new LinuxException(e.Call, e.Errno, $"{image}{ImageLocation.Separator}{path}", opener is null ? Advice(fileSystem, image, path, e.Errno) : null);
        }
    }

    // For who typed the path.
    private static string? Advice(FileSystem fileSystem, string image, string path, Errno errno)
    {
        if (errno == Errno.ENOTDIR)
        {
            return FindFileOn(fileSystem, path) is { } file ? $"two slashes lead into an image: {image}{ImageLocation.Separator}{file}/{path[file.Length..]}" : null;
        }

        string? near = errno == Errno.ENOENT ? NearPath.Find(fileSystem, path) : null;
        return near is not null ? $"did you mean {image}{ImageLocation.Separator}{near}?"
            : fileSystem is VolumeTree volumes ? $"there are {volumes.Listing}"
            : null;
    }

    // The part of a path that is a file already.
    private static string? FindFileOn(FileSystem fileSystem, string path)
    {
        for (int end = path.IndexOf('/', 1); end > 0; end = path.IndexOf('/', end + 1))
        {
            if (fileSystem.GetAttributes(PathLookup.Find(fileSystem, path[..end])).Type != NodeType.Directory)
            {
                return path[..end];
            }
        }

        return null;
    }

    // What a file in a folder below names is looked for there.
    private FileSystemFolder FolderOf(string file)
    {
        string below = Path.GetDirectoryName(file) ?? string.Empty;
        return below.Length == 0
            ? this
            : new FileSystemFolder(fileSystem, image, PathLookup.FindBeneath(fileSystem, directory, below, out _), path is null ? null : Path.Combine(path, below), policy);
    }

    // By owner and mode alone: who is in a group is not known here, and a list of rights is not looked at.
    private bool MayRead(uint user, NodeId file, IReadOnlyList<NodeId> passed)
    {
        return Has(file, OthersMayRead) && passed.Skip(1).All(folder => Has(folder, OthersMaySearch));

        bool Has(NodeId node, uint right)
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            return attributes.Uid == user || (attributes.Permissions & right) != 0;
        }
    }

    private ImageFile OpenNode(NodeId node, string name, ImageFile? opener)
    {
        string full = $"{image}{ImageLocation.Separator}{Path.Combine(path ?? "...", name)}";
        NodeAttributes attributes = fileSystem.GetAttributes(node);
        return attributes.Type switch
        {
            NodeType.Regular => new ImageFile(full, fileSystem.OpenFile(node), this, $"{image}{ImageLocation.Separator}{node.Space} {node.Value}", opener) { Owner = attributes.Uid },
            NodeType.Directory => throw new LinuxException("open", Errno.EISDIR, full, "an image is a file; a folder in one is a word behind it: imagefs ls IMAGE FOLDER"),
            _ => throw new LinuxException("open", Errno.EINVAL, full, "it is no regular file"),
        };
    }
}
