using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// Files of Linux's own with the bytes of a tree's files: inodes of EROFS mounts that are at no place, one mount for each device that files lie on. Who
/// says where the bytes lie need not be believed: only what it has open for reading becomes a device, and no inode reaches beyond its device. It takes
/// the rights of root. Not safe from several threads.
/// </summary>
/// <param name="bypassesCache">Whether the image is read past its own page cache (<see cref="EngineRequest.BypassesCache"/>).</param>
public sealed class BackingMounts(bool bypassesCache) : IDisposable
{
    // Each with up to 64 MiB of inodes.
    private const int MaxDevices = 64;

    private readonly EngineRequest _request = new("files") { BypassesCache = bypassesCache };
    private readonly List<(FileDevice Device, GrowingManifest? Manifest)> _devices = [];
    private readonly List<(GrowingManifest Manifest, ulong Inode)> _files = [];

    /// <summary>Finds out whether there can be any.</summary>
    /// <exception cref="EngineException">It does not work here.</exception>
    public static void Try()
    {
        if (EngineProbe.Run() != EngineWay.Files)
        {
            throw new EngineException(
                "this kernel's EROFS takes no files, or gives zeros for what a file lacks: Linux 6.12, with its fixes of February 2026");
        }
    }

    /// <summary>Takes a device that files lie on.</summary>
    /// <param name="descriptor">An image file, open for reading; it is closed with this.</param>
    /// <returns>Its number; null where Linux cannot read files of it, or there are too many.</returns>
    /// <exception cref="LinuxException">Linux does not mount it.</exception>
    public int? TryAddDevice(FileDescriptor descriptor)
    {
        if (_devices.Count == MaxDevices || !Files.IsReadable(descriptor) || Files.Status(descriptor) is not { IsRegular: true, Size: > 0 })
        {
            descriptor.Dispose();
            return null;
        }

        var device = FileDevice.Take("a device", descriptor);
        try
        {
            _devices.Add((device, GrowingManifest.TryMake(device, _request)));
            return _devices.Count - 1;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    /// <summary>Adds a file.</summary>
    /// <param name="device">The number of its device.</param>
    /// <param name="plan">Where its bytes lie there (<see cref="BackingPlan"/>).</param>
    /// <returns>Its number; null where it cannot be told so, or there is no more room.</returns>
    /// <exception cref="LinuxException">There is no memory for it.</exception>
    public int? TryAddFile(int device, ReadOnlySpan<byte> plan)
    {
        if (device < 0 || device >= _devices.Count || _devices[device] is not { Manifest: { } manifest, Device: var place }
            || BackingPlan.Read(plan, place) is not { } read || manifest.TryAdd(read.Size, read.Extents) is not { } inode)
        {
            return null;
        }

        _files.Add((manifest, inode));
        return _files.Count - 1;
    }

    /// <summary>Opens a file for reading.</summary>
    /// <param name="file">Its number.</param>
    /// <exception cref="LinuxException">Linux does not give it.</exception>
    public FileDescriptor Open(int file) => file >= 0 && file < _files.Count
        ? _files[file].Manifest.Open(_files[file].Inode)
        : throw new LinuxException("open_by_handle_at", Errno.ENOENT);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((FileDevice device, GrowingManifest? manifest) in _devices)
        {
            manifest?.Dispose();
            device.Dispose();
        }
    }
}
