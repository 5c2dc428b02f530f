using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>The option <c>subdir=</c>: a directory that is shown as the root.</summary>
internal static class Subdirectory
{
    public const string Option = "subdir";

    /// <summary>Finds the directory.</summary>
    /// <param name="fileSystem">Where.</param>
    /// <param name="path">Its path from the root.</param>
    /// <exception cref="OptionException">There is none.</exception>
    /// <exception cref="ImageException">The image is damaged there.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static NodeId Find(FileSystem fileSystem, string path)
    {
        NodeId node = fileSystem.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (fileSystem.GetAttributes(node).Type != NodeType.Directory || !fileSystem.TryLookup(node, ByteText.ToBytes(name), out node))
            {
                throw new OptionException($"{Option}={path}", $"there is no \"{name}\"");
            }
        }

        return fileSystem.GetAttributes(node).Type == NodeType.Directory ? node : throw new OptionException($"{Option}={path}", "that is no directory");
    }
}
