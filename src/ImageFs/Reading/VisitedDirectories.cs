using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>The directories that a walk has been in. Each is in a tree once: one that comes again leads a walk in circles.</summary>
internal sealed class VisitedDirectories
{
    // A walk is a recursion: deeper trees than a path can name are not gone through to the end.
    private const int MaxDepth = 1000;

    private readonly HashSet<NodeId> _visited = [];

    /// <summary>Enters a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="depth">How many directories it is inside of.</param>
    /// <exception cref="InvalidImageException">The walk has been there, or is too deep.</exception>
    internal void Enter(NodeId directory, int depth)
    {
        if (depth >= MaxDepth)
        {
            throw new InvalidImageException("directory", 0, $"inside {MaxDepth} others");
        }

        if (!_visited.Add(directory))
        {
            throw new InvalidImageException("directory", 0, "it is in the tree twice");
        }
    }

    /// <summary>Whether the walk is or has been in a directory.</summary>
    internal bool Contains(NodeId directory) => _visited.Contains(directory);

    /// <summary>Leaves a directory that may be come to again: where links are followed, only being inside of it is a circle.</summary>
    internal void Leave(NodeId directory) => _visited.Remove(directory);
}
