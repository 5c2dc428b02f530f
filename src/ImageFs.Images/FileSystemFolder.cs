using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>A folder inside an image: what an image in it names is looked for there and below.</summary>
/// <param name="fileSystem">The file system that it is in.</param>
/// <param name="image">The image with the file system, for messages.</param>
/// <param name="path">Its path from the root of the file system.</param>
internal sealed class FileSystemFolder(FileSystem fileSystem, string image, string path) : ImageFolder
{
    /// <summary>Opens an image by its path in a file system, as a user gives it.</summary>
    /// <exception cref="LinuxException">There is no such file.</exception>
    /// <exception cref="ImageException">The file system is damaged there.</exception>
    public static ImageFile OpenImage(FileSystem fileSystem, string image, string path) => OpenFile(fileSystem, image, path, null);

    /// <inheritdoc/>
    public override ImageFile Open(string file, string role, ImageFile opener) =>
        file.StartsWith('/') || file.Split('/').Contains("..")
            ? throw new ForbiddenFileException(role, file, "lies outside the image's own folder")
            : OpenFile(fileSystem, image, Path.Combine(path, file), opener);

    /// <inheritdoc/>
    public override ImageFile OpenNamed(string file, string role, ImageFile opener) =>
        OpenFile(fileSystem, image, Path.Combine(path, file), opener);

    /// <inheritdoc/>
    public override bool Contains(string name)
    {
        try
        {
            return fileSystem.GetAttributes(PathLookup.Find(fileSystem, Path.Combine(path, name))).Type == NodeType.Regular;
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<string> List(string folder)
    {
        try
        {
            NodeId node = PathLookup.Find(fileSystem, $"/{Path.Combine(path, folder)}");
            return [.. DirectoryContents.Read(fileSystem, node).Entries.Select(entry => ByteText.FromBytes(entry.Name))];
        }
        catch (Exception e) when (e is LinuxException or ImageException)
        {
            return [];
        }
    }

    private static ImageFile OpenFile(FileSystem fileSystem, string image, string file, ImageFile? opener)
    {
        NodeId node = PathLookup.Find(fileSystem, file);
        return fileSystem.GetAttributes(node).Type == NodeType.Regular
            ? new ImageFile(
                $"{image}//{file}",
                fileSystem.OpenFile(node),
                new FileSystemFolder(fileSystem, image, Path.GetDirectoryName(file) ?? string.Empty),
                $"{image}//{node.Value}",
                opener)
            : throw new LinuxException("open", Errno.EINVAL, $"{image}//{file}");
    }
}
