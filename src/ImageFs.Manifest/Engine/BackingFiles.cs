using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// Files of Linux's own with the bytes of a tree's files: inodes of EROFS mounts that are at no place, one mount for each device that files lie on.
/// A file gets its inode when it is first asked for: nothing is read beforehand. Safe from any thread.
/// </summary>
public sealed class BackingFiles : IDisposable
{
    private readonly FileSystem _tree;
    private readonly EngineRequest _request;
    private readonly Lock _lock = new();
    private readonly Dictionary<FileDevice, GrowingManifest?> _manifests = [];
    private readonly Dictionary<NodeId, (GrowingManifest Manifest, ulong Number)> _files = [];

    private BackingFiles(FileSystem tree, EngineRequest request)
    {
        _tree = tree;
        _request = request;
    }

    /// <summary>Finds out whether there can be any.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="request">How the files are read.</param>
    /// <exception cref="EngineException">It does not work here.</exception>
    public static BackingFiles Prepare(FileSystem tree, EngineRequest request)
    {
        if (tree.MayChange)
        {
            throw new EngineException("what it shows may change while it is mounted");
        }

        return EngineProbe.Run() == EngineWay.Files
            ? new BackingFiles(tree, request)
            : throw new EngineException(
                "this kernel's EROFS takes no files, or gives zeros for what a file lacks: Linux 6.12, with its fixes of February 2026");
    }

    /// <summary>Opens the file with a node's bytes.</summary>
    /// <param name="node">A regular file.</param>
    /// <returns>Null where they do not lie in one image file as they are, or cannot be found: a server reads them.</returns>
    /// <exception cref="LinuxException">Linux does not give it.</exception>
    public FileDescriptor? TryOpen(NodeId node)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(node, out (GrowingManifest Manifest, ulong Number) file))
            {
                if (TryAdd(node) is not { } added)
                {
                    return null;
                }

                file = added;
                _files.Add(node, file);
            }

            return file.Manifest.Open(file.Number);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (GrowingManifest? manifest in _manifests.Values)
        {
            manifest?.Dispose();
        }
    }

    private (GrowingManifest Manifest, ulong Number)? TryAdd(NodeId node)
    {
        DataExtent[] extents;
        long size;
        try
        {
            BlockSource file = _tree.OpenFile(node);
            size = file.Length;
            extents = FilePlan.Find(file, out _);
        }
        catch (ImageException)
        {
            // Whoever reads what is damaged gets the error, and the rest.
            return null;
        }

        FileDevice[] devices = [.. extents.Where(extent => !extent.IsHole).Select(extent => extent.Device!).Distinct().Take(2)];
        return devices is [var device] && FindManifest(device) is { } manifest && manifest.TryAdd(size, extents) is { } number
            ? (manifest, number)
            : null;
    }

    private GrowingManifest? FindManifest(FileDevice device)
    {
        if (!_manifests.TryGetValue(device, out GrowingManifest? manifest))
        {
            manifest = GrowingManifest.TryMake(device, _request);
            _manifests.Add(device, manifest);
        }

        return manifest;
    }
}
