using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>How many bytes files hold together, for a bar of progress: what cannot be read does not count.</summary>
internal static class TotalSize
{
    private const int MaxDepth = 1000;

    /// <summary>Adds up a file, or a directory and all in it.</summary>
    internal static long Of(FileSystem fileSystem, NodeId node, int depth = 0)
    {
        try
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            return attributes.Type switch
            {
                NodeType.Regular => attributes.Size,
                NodeType.Directory when depth < MaxDepth => Entry.List(fileSystem, node).Sum(entry => Of(fileSystem, entry.Node, depth + 1)),
                _ => 0,
            };
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return 0;
        }
    }
}
