using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>
/// The files of a tree that Linux reads by itself. Where one lies is found when it is first asked for: nothing is read beforehand. Safe from any thread.
/// </summary>
/// <param name="tree">The tree.</param>
/// <param name="store">Who makes files of Linux's own; it stays the caller's.</param>
internal sealed class PassedFiles(FileSystem tree, IBackingStore store) : IBackingFiles
{
    private readonly Lock _lock = new();
    private readonly Dictionary<FileDevice, int?> _devices = [];
    private readonly Dictionary<NodeId, int> _files = [];

    /// <inheritdoc/>
    public int Open(FileDescriptor connection, NodeId node)
    {
        lock (_lock)
        {
            if (!_files.TryGetValue(node, out int file))
            {
                if (BackingPlan.Find(tree, node) is not var (device, plan) || FindDevice(device) is not { } number
                    || store.TryAddFile(number, plan) is not { } added)
                {
                    return 0;
                }

                file = added;
                _files.Add(node, file);
            }

            return store.Open(connection, file);
        }
    }

    /// <inheritdoc/>
    public void Close(FileDescriptor connection, int number)
    {
        lock (_lock)
        {
            store.Close(connection, number);
        }
    }

    private int? FindDevice(FileDevice device)
    {
        if (!_devices.TryGetValue(device, out int? number))
        {
            number = device.IsBlockDevice ? null : store.TryAddDevice(device.Descriptor);
            _devices.Add(device, number);
        }

        return number;
    }
}
