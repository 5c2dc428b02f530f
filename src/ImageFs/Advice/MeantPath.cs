using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Advice;

/// <summary>Paths in an image as a user gives them: the error that there is no such path says what may have been meant.</summary>
internal static class MeantPath
{
    /// <summary>Finds the node of a path (<see cref="PathLookup.Find"/>).</summary>
    /// <exception cref="LinuxException">There is no such node.</exception>
    internal static NodeId Find(FileSystem fileSystem, string path, bool followLast = true)
    {
        NodeId node = default;
        Explain(fileSystem, path, () => node = PathLookup.Find(fileSystem, path, followLast));
        return node;
    }

    /// <summary>Does something with a path.</summary>
    /// <param name="fileSystem">Where the path is.</param>
    /// <param name="path">The path.</param>
    /// <param name="action">What is done.</param>
    /// <exception cref="LinuxException">What it throws.</exception>
    internal static void Explain(FileSystem fileSystem, string path, Action action)
    {
        try
        {
            action();
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT && NearPath.Find(fileSystem, path) is { } near)
        {
            throw new LinuxException(e.Call, e.Errno, path, $"did you mean {near}?");
        }
    }
}
