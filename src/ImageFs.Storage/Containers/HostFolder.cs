using ImageFs.Linux;

namespace ImageFs.Storage.Containers;

/// <summary>A folder of this machine.</summary>
/// <param name="directory">Its path.</param>
/// <param name="policy">Which files an image in it may name.</param>
/// <param name="opened">Takes what is opened, to be closed in the end.</param>
public sealed class HostFolder(string directory, BackingPolicy policy, ICollection<IDisposable> opened) : ImageFolder
{
    private const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking;

    /// <summary>Opens the image that the user named: any file or device, wherever it is.</summary>
    /// <param name="path">Its path, or <c>/dev/fd/N</c>.</param>
    /// <param name="policy">Which files the image may name.</param>
    /// <param name="opened">Takes what is opened, to be closed in the end.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static ImageFile OpenImage(string path, BackingPolicy policy, ICollection<IDisposable> opened)
    {
        BlockDevice device = BlockDevice.Open(path);
        opened.Add(device);
        string named = BlockDevice.FindDescriptor(path) is null ? path : new FileInfo(path).LinkTarget ?? path;
        return new ImageFile(path, device, Around(named, policy, opened), device.Identity);
    }

    /// <inheritdoc/>
    public override ImageFile Open(string path, string role, ImageFile opener)
    {
        string full = Path.Combine(directory, path);
        var device = BlockDevice.Take(full, policy == BackingPolicy.Folder ? OpenBeneath(path, role) : Files.Open(full, Flags));
        opened.Add(device);
        return device.IsBlockDevice && policy != BackingPolicy.Device
            ? throw new ForbiddenFileException(role, path, "is a device: backing=device allows it")
            : new ImageFile(full, device, Around(full, policy, opened), device.Identity, opener);
    }

    /// <inheritdoc/>
    public override bool Contains(string name) => File.Exists(Path.Combine(directory, name));

    private static HostFolder Around(string path, BackingPolicy policy, ICollection<IDisposable> opened) =>
        new(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", policy, opened);

    private FileDescriptor OpenBeneath(string path, string role)
    {
        using FileDescriptor folder = Files.Open(directory, OpenFlags.Path);
        FileDescriptor? file = Files.TryOpenBeneath(folder, path, Flags, out Errno errno);
        if (file is null && errno == Errno.EXDEV)
        {
            throw new ForbiddenFileException(role, path, "lies outside the image's own folder: backing=any allows it");
        }

        return file ?? throw new LinuxException("openat2", errno, Path.Combine(directory, path));
    }
}
