using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>How many bytes files hold together, for a progress bar: what cannot be read does not count.</summary>
internal sealed class TotalSize
{
    private static readonly Exclusions s_none = new([]);

    private readonly FileSystem _fileSystem;
    private readonly Exclusions _exclusions;

    private TotalSize(FileSystem fileSystem, Exclusions exclusions)
    {
        _fileSystem = fileSystem;
        _exclusions = exclusions;
    }

    /// <summary>Adds up files, and directories with all in them.</summary>
    internal static long Of(FileSystem fileSystem, IEnumerable<NodeId> nodes) => Of(fileSystem, nodes.Select(node => (Array.Empty<byte[]>(), node)), s_none);

    /// <summary>The same less what is left out.</summary>
    /// <param name="fileSystem">Where they are.</param>
    /// <param name="files">The names on the way to each from the root, with its own, and its node.</param>
    /// <param name="exclusions">What is left out.</param>
    internal static long Of(FileSystem fileSystem, IEnumerable<(byte[][] Path, NodeId Node)> files, Exclusions exclusions)
    {
        var sum = new TotalSize(fileSystem, exclusions);
        return Sum(files.Select(file => sum.Below([], file.Path, file.Node)));
    }

    // Sizes that an image claims can be more than there are numbers for.
    private static long Sum(IEnumerable<long> sizes) => sizes.Aggregate(0L, (total, size) => size > long.MaxValue - total ? long.MaxValue : total + size);

    private long Below(byte[] folder, ReadOnlySpan<byte[]> names, NodeId node)
    {
        if (names.Length == 0)
        {
            return Of(folder, node, new VisitedDirectories(), 0);
        }

        byte[] path = Join(folder, names[0]);
        return _exclusions.Has(path) ? 0 : Below(path, names[1..], node);
    }

    private long Of(byte[] path, NodeId node, VisitedDirectories visited, int depth)
    {
        try
        {
            NodeAttributes attributes = _fileSystem.GetAttributes(node);
            if (attributes.Type != NodeType.Directory)
            {
                return attributes.Type == NodeType.Regular ? attributes.Size : 0;
            }

            visited.Enter(node, depth);
            return Sum(DirectoryContents.Read(_fileSystem, node).Entries.Select(entry => OfEntry(Join(path, entry.Name), entry.Node)));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return 0;
        }

        long OfEntry(byte[] path, NodeId node) => _exclusions.Has(path) ? 0 : Of(path, node, visited, depth + 1);
    }

    private static byte[] Join(byte[] folder, byte[] name) => folder.Length == 0 ? name : [.. folder, (byte)'/', .. name];
}
