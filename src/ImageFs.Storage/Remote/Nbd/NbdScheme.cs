using ImageFs.Linux;
using ImageFs.Storage.Containers;

namespace ImageFs.Storage.Remote.Nbd;

/// <summary>Exports of NBD servers: of nbdkit, qemu, Ceph and others.</summary>
internal sealed class NbdScheme : LocationScheme
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Names => ["nbd", "nbd+unix", "nbds", "nbds+unix"];

    /// <inheritdoc/>
    public override ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened)
    {
        var address = NbdAddress.Parse(location);
        var device = new RemoteDevice(Connect(location, address, context.Remote), context);
        opened.Add(device);
        return new ImageFile(device.Name, device, new RemoteFolder(), device.Identity);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> FindFiles(string location)
    {
        var address = NbdAddress.Parse(location);
        return ((string?[])[address.Socket, address.Tls?.Authorities, address.Tls?.ClientCertificate, address.Tls?.ClientKey]).OfType<string>();
    }

    // Who gave the address is told at once when nobody is there.
    private static NbdTransport Connect(string location, NbdAddress address, RemoteOptions options)
    {
        TimeSpan patience = options.RetryTime > TimeSpan.FromSeconds(1) ? options.RetryTime : TimeSpan.FromSeconds(1);
        try
        {
            return new NbdTransport(location, address, isSpliced: !options.KeepsData, patience);
        }
        catch (LostLinkException e)
        {
            Errno errno = e.InnerException is LinuxException cause ? cause.Errno : Errno.EIO;
            throw new LinuxException("connect", errno, location, e.InnerException is LinuxException ? null : e.Message);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT && NbdTransport.TryList(address, patience) is { Count: > 0 } names)
        {
            throw new LinuxException(e.Call, e.Errno, location, $"the server has no such export; it has {string.Join(", ", names)}");
        }
    }
}
