using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;

namespace ImageFs.Mounting;

/// <summary>Makes files of Linux's own in this process.</summary>
/// <param name="bypassesCache">Whether the image is read past its own page cache.</param>
internal sealed class BackingStore(bool bypassesCache) : IBackingStore
{
    // What the kernel keeps of each has no bound of its own.
    private const int MaxOpen = 1 << 16;

    private readonly BackingMounts _mounts = new(bypassesCache);
    private int _open;

    /// <inheritdoc/>
    public int? TryAddDevice(FileDescriptor device) => _mounts.TryAddDevice(Files.Duplicate(device.Number));

    /// <inheritdoc/>
    public int? TryAddFile(int device, ReadOnlySpan<byte> plan) => _mounts.TryAddFile(device, plan);

    /// <inheritdoc/>
    public int Open(FileDescriptor connection, int file)
    {
        if (_open == MaxOpen)
        {
            throw new LinuxException("ioctl", Errno.ENOSPC);
        }

        using FileDescriptor opened = _mounts.Open(file);
        int number = FuseBacking.Open(connection, opened);
        _open++;
        return number;
    }

    /// <inheritdoc/>
    public void Close(FileDescriptor connection, int number)
    {
        FuseBacking.Close(connection, number);
        _open--;
    }

    /// <inheritdoc/>
    public void Dispose() => _mounts.Dispose();
}
