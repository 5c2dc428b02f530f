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
    public static ImageFile OpenImage(string path, BackingPolicy policy, ICollection<IDisposable> opened) =>
        Take(path, FileDevice.Open(path), policy, opened);

    /// <summary>The image that the user named, where it is open already.</summary>
    internal static ImageFile Take(string path, FileDevice device, BackingPolicy policy, ICollection<IDisposable> opened)
    {
        opened.Add(device);
        string named = FileDevice.FindDescriptor(path) is null ? path : Paths.ReadLink(path) ?? path;
        return new ImageFile(path, device, Around(named, policy, opened), device.Identity);
    }

    /// <inheritdoc/>
    public override ImageFile Open(string path, string role, ImageFile opener)
    {
        string full = Path.Combine(directory, path);
        FileDevice device = policy == BackingPolicy.Folder
            ? OpenBeneath(full, path, role, opener)
            : OpenOnce(full, flags => Files.Open(full, flags), (_, status) => Admit(full, path, role, in status));
        return new ImageFile(full, device, Around(full, policy, opened), device.Identity, opener);
    }

    /// <inheritdoc/>
    public override ImageFile OpenNamed(string path, string role, ImageFile opener)
    {
        string full = Path.Combine(directory, path);
        FileDevice device = OpenOnce(full, flags => Files.Open(full, flags), (_, status) => FileDevice.Admit(full, in status));
        return new ImageFile(full, device, Around(full, policy, opened), device.Identity, opener);
    }

    /// <inheritdoc/>
    public override bool Contains(string name) => Paths.IsFile(Path.Combine(directory, name));

    /// <inheritdoc/>
    public override IEnumerable<string> List(string path)
    {
        try
        {
            return Paths.List(Path.Combine(directory, path));
        }
        catch (LinuxException)
        {
            return [];
        }
    }

    private static HostFolder Around(string path, BackingPolicy policy, ICollection<IDisposable> opened) =>
        new(Path.GetDirectoryName(Paths.Full(path)) ?? "/", policy, opened);

    private FileDevice OpenBeneath(string full, string path, string role, ImageFile opener)
    {
        using FileDescriptor folder = Files.Open(directory, OpenFlags.Path);
        FileDescriptor OpenPlace(OpenFlags flags)
        {
            FileDescriptor? file = Files.TryOpenBeneath(folder, path, flags, out Errno errno);
            return file ?? throw errno switch
            {
                Errno.EXDEV => new ForbiddenFileException(role, path, "lies outside the image's own folder: backing=any allows it"),
                _ => new LinuxException("openat2", errno, full),
            };
        }

        try
        {
            return OpenOnce(full, OpenPlace, (place, status) =>
            {
                Admit(full, path, role, in status);
                if (OwnerRule.FindStranger(opener, folder, path, place, in status) is { } stranger)
                {
                    throw Forbidden(role, path, stranger);
                }
            });
        }
        catch (LinuxException e) when (e.Errno == Errno.EACCES && OwnerRule.FindOwnerBecome(opener) is { } own)
        {
            throw Forbidden(role, path, own);
        }
    }

    private static ForbiddenFileException Forbidden(string role, string path, ImageFile stranger) =>
        new(role, path, $"cannot be read by user {stranger.Owner}, whose file {stranger.Name} is: backing=any allows it");

    // What is open already, under another name or for another image, is not opened a second time.
    private FileDevice OpenOnce(string full, Func<OpenFlags, FileDescriptor> open, Action<FileDescriptor, FileStatus> admit)
    {
        FileDevice? known = null;
        FileDescriptor? descriptor = Files.OpenAfterLook(
            full,
            open,
            (place, status) =>
            {
                admit(place, status);
                string identity = FileDevice.IdentityOf(in status);
                known = opened.OfType<FileDevice>().FirstOrDefault(device => device.Identity == identity);
                return known is null;
            },
            Flags);
        if (descriptor is null)
        {
            return known!;
        }

        FileDevice device = FileDevice.Take(full, descriptor);
        opened.Add(device);
        return device;
    }

    private void Admit(string full, string path, string role, in FileStatus status)
    {
        FileDevice.Admit(full, in status);
        if (status.IsBlockDevice && policy != BackingPolicy.Device)
        {
            throw new ForbiddenFileException(role, path, "is a device: backing=device allows it");
        }
    }
}
