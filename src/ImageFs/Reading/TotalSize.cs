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
            long total = 0;
            foreach (Entry entry in DirectoryContents.Read(fileSystem, node).Entries)
            {
                // Sizes that an image claims can be more than there are numbers for.
                long size = Of(fileSystem, entry.Node, visited, depth + 1);
                total = size > long.MaxValue - total ? long.MaxValue : total + size;
            }

            return total;
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return 0;
        }
    }
}
