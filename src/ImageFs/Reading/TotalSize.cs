using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>How many bytes files hold together, for a progress bar: what cannot be read does not count.</summary>
internal static class TotalSize
{
    /// <summary>Adds up files, and directories with all in them.</summary>
    internal static long Of(FileSystem fileSystem, IEnumerable<NodeId> nodes) => Sum(nodes.Select(node => Of(fileSystem, node, new VisitedDirectories(), 0)));

    // Sizes that an image claims can be more than there are numbers for.
    private static long Sum(IEnumerable<long> sizes) => sizes.Aggregate(0L, (total, size) => size > long.MaxValue - total ? long.MaxValue : total + size);

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
            return Sum(DirectoryContents.Read(fileSystem, node).Entries.Select(entry => Of(fileSystem, entry.Node, visited, depth + 1)));
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return 0;
        }
    }
}
