using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>An image file or block device opened past the page cache (O_DIRECT): what is read from it is not cached.</summary>
public sealed class DirectFile : IDisposable
{
    // What every disk and file system accepts, where the kernel does not say.
    private const int SafeAlignment = 4096;

    private DirectFile(FileDescriptor descriptor, int alignment)
    {
        Descriptor = descriptor;
        Alignment = alignment;
    }

    /// <summary>The descriptor, open for direct reading.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Bytes that offset and length of each read are multiples of: a power of two, at most a page.</summary>
    public int Alignment { get; }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Dispose();

    /// <summary>Opens a device's file once more.</summary>
    /// <returns>Null where it cannot be read so, or only in units of more than a page.</returns>
    internal static DirectFile? TryOpen(FileDevice device)
    {
        int alignment = Files.DirectAlignment(device.Descriptor) ?? (device.IsBlockDevice ? device.LogicalBlockSize : SafeAlignment);
        if (alignment <= 0 || alignment > PageBuffer.PageSize)
        {
            return null;
        }

        FileDescriptor? descriptor = Files.TryReopenDirect(device.Descriptor, out _);
        return descriptor is null ? null : new DirectFile(descriptor, alignment);
    }
}
