using ImageFs.Benchmarks.Measuring;
using ImageFs.MountTests.Support;

namespace ImageFs.Benchmarks.Mounting;

/// <summary>An image that a peer has mounted, until it is disposed.</summary>
internal sealed class PeerMount : IDisposable
{
    private static readonly TimeSpan s_end = TimeSpan.FromSeconds(10);
    private readonly Peer _peer;
    private readonly KernelSwitch? _switch;

    /// <summary>Mounts.</summary>
    /// <param name="probe">Takes the time.</param>
    /// <param name="peer">Who.</param>
    /// <param name="image">What: a file or a device.</param>
    /// <param name="directory">Where; it is made.</param>
    /// <exception cref="InvalidOperationException">It cannot be mounted.</exception>
    public PeerMount(Probe probe, Peer peer, string image, string directory)
    {
        _peer = peer;
        Image = image;
        Root = System.IO.Directory.CreateDirectory(directory).FullName;
        try
        {
            _switch = peer.Switch is { } path ? new KernelSwitch(path) : null;
            Seconds = probe.Mount(Root, peer.MountCommand(image, Root));
            Server = peer.Kind is PeerKind.Kernel or PeerKind.Engine ? null : ProcessTable.Find(Path.GetFileName(peer.Program), Root)[0];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Who serves it.</summary>
    public Peer Peer => _peer;

    /// <summary>What is mounted.</summary>
    public string Image { get; }

    /// <summary>Where it is mounted.</summary>
    public string Root { get; }

    /// <summary>Seconds from the start of the mounting command to the first answer.</summary>
    public double Seconds { get; }

    /// <summary>The server's process; null when the kernel serves it.</summary>
    public int? Server { get; }

    /// <summary>A path below the mount.</summary>
    public string this[string path] => Path.Combine(Root, path);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Unmount();
        }
        finally
        {
            _switch?.Dispose();
        }
    }

    private void Unmount()
    {
        if (MountTable.IsMounted(Root))
        {
            Command.Try("timeout", "20", "umount", Root);
        }

        if (MountTable.IsMounted(Root))
        {
            if (_peer.Kind is not (PeerKind.Kernel or PeerKind.Engine))
            {
                FuseConnections.Abort(Root);
            }

            Command.Try("timeout", "20", "umount", "-l", Root);
        }

        // The next to be measured has the machine for itself.
        if (Server is { } server)
        {
            SpinWait.SpinUntil(() => !ProcessTable.IsRunning(server), s_end);
        }
    }
}
