using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>What a program asks of a file system by a path, which is followed as <see cref="PathLookup.Find"/> does.</summary>
public static class FileSystemPaths
{
    /// <summary>Opens a regular file: its bytes, each where it lies in the image.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">The file's path from the root.</param>
    /// <exception cref="LinuxException">There is no such file (ENOENT), or it is a directory (EISDIR) or otherwise not a regular file (EINVAL).</exception>
    /// <exception cref="ImageException">The image is damaged on the way.</exception>
    public static BlockSource OpenFile(this FileSystem fileSystem, string path)
    {
        NodeId node = PathLookup.Find(fileSystem, path);
        NodeType type = fileSystem.GetAttributes(node).Type;
        return type == NodeType.Regular
            ? fileSystem.OpenFile(node)
            : throw new LinuxException("open", type == NodeType.Directory ? Errno.EISDIR : Errno.EINVAL, path, AdviceFor(type));
    }

    /// <summary>Reads a regular file whole.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">The file's path from the root.</param>
    /// <exception cref="LinuxException">As for <see cref="OpenFile"/>; or the device failed.</exception>
    /// <exception cref="ImageException">The image is damaged on the way, or ends inside the file; or the file is larger than an array.</exception>
    public static byte[] ReadFile(this FileSystem fileSystem, string path)
    {
        BlockSource file = fileSystem.OpenFile(path);
        if (file.Length > Array.MaxLength)
        {
            throw new UnsupportedFeatureException($"{path}: {file.Length} bytes in one array");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Reads a directory whole: its entries in the order of their bytes, without "." and "..".</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">The directory's path from the root; "/" is the root.</param>
    /// <exception cref="LinuxException">There is no such directory (ENOENT), or it is a file (ENOTDIR), or the device failed.</exception>
    /// <exception cref="ImageException">The directory is damaged, or has entries that no path leads to.</exception>
    public static IReadOnlyList<NamedNode> ReadDirectory(this FileSystem fileSystem, string path)
    {
        var contents = DirectoryContents.Read(fileSystem, PathLookup.Find(fileSystem, $"{path}/"));
        contents.ThrowIfIncomplete();
        return contents.Entries;
    }

    private static string? AdviceFor(NodeType type) => type switch
    {
        NodeType.Fifo => "it is a fifo, which has no bytes in an image",
        NodeType.Socket => "it is a socket, which has no bytes in an image",
        NodeType.BlockDevice or NodeType.CharacterDevice => "it is a device, which has no bytes in an image",
        _ => null,
    };
}
