namespace ImageFs.Storage.Containers;

/// <summary>
/// Files of this machine that were opened before anything is read of them, for a process which gives up the right to open them in between. Others are
/// opened as they are named.
/// </summary>
public sealed class OpenedFiles : LocationScheme, IDisposable
{
    private readonly Dictionary<string, FileDevice> _devices = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => [File];

    /// <summary>Opens a file; an open descriptor, <c>-</c> or <c>/dev/fd/N</c>, is left as it is.</summary>
    /// <param name="path">Its path.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened.</exception>
    public void Add(string path)
    {
        if (PipedImage.FindDescriptor(path) is null && !_devices.ContainsKey(path))
        {
            _devices.Add(path, FileDevice.Open(path));
        }
    }

    /// <summary>Takes a file that is open.</summary>
    /// <param name="path">The path that it is asked for by.</param>
    /// <param name="device">The file.</param>
    public void Add(string path, FileDevice device) => _devices.Add(path, device);

    /// <inheritdoc/>
    public override ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened) =>
        _devices.Remove(location, out FileDevice? device)
            ? HostFolder.Take(location, device, policy, opened)
            : All.First(scheme => scheme.Names.Contains(File)).Open(location, policy, context, opened);

    /// <summary>Closes what nobody asked for.</summary>
    public void Dispose()
    {
        foreach (FileDevice device in _devices.Values)
        {
            device.Dispose();
        }

        _devices.Clear();
    }
}
