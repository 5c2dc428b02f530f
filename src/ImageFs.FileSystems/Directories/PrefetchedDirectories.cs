using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Directories;

/// <summary>
/// The directories that somebody asked about, apart from those that are listed: what is in a large one does not drive it out. Who asks about one may
/// go into it, and a walk comes to all that a directory has.
/// </summary>
/// <typeparam name="TDirectory">What a format knows of a directory.</typeparam>
/// <param name="open">Reads the directory of a node.</param>
/// <param name="prefetch">Has the kernel begin to read its entries.</param>
internal sealed class PrefetchedDirectories<TDirectory>(Func<NodeId, TDirectory> open, Action<TDirectory> prefetch)
{
    private const int Known = 256;

    private readonly SlotCache<NodeId, TDirectory> _directories = new(Known);

    /// <summary>Has the kernel begin to read a directory, unless it did.</summary>
    /// <param name="node">The directory.</param>
    public void Prefetch(NodeId node)
    {
        if (_directories.TryFind(node, out _))
        {
            return;
        }

        try
        {
            TDirectory directory = open(node);
            prefetch(directory);
            _directories.Add(node, directory);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who opens it gets the error.
        }
    }

    /// <summary>A directory that was asked about, or read now.</summary>
    /// <param name="node">The directory.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public TDirectory Open(NodeId node) => _directories.TryFind(node, out TDirectory known) ? known : open(node);
}
