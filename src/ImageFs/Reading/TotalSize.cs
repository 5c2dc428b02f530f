using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>How many bytes files hold together, for a bar of progress: what cannot be read does not count.</summary>
internal static class TotalSize
{
    /// <summary>Adds up a file, or a directory and all in it.</summary>
    internal static long Of(FileSystem fileSystem, NodeId node) => Of(fileSystem, node, new VisitedDirectories(), 0);

    private static long Of(FileSystem fileSystem, NodeId node, VisitedDirectories visited, int depth)
    {
        try
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            if (attributes.Type != NodeType.Directory)
            {
                return attributes.Type == NodeType.Regular ? attributes.Size : 0;
            }

            visited.Enter(node, depth);
            return DirectoryContents.Read(fileSystem, node).Entries.Sum(entry => Of(fileSystem, entry.Node, visited, depth + 1));
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return 0;
        }
    }
}
