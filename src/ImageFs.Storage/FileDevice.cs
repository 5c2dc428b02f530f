using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Storage;

/// <summary>An open image file or block device of this machine. It owns the descriptor that extents are spliced from.</summary>
public sealed class FileDevice : Device
{
    private const string DescriptorFolder = "/dev/fd/";
    private const OpenFlags Flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking;

    private readonly Lazy<DirectFile?> _direct;
    private readonly Lazy<FileMapping?> _mapping;
    private readonly bool _isHeld;

    private FileDevice(string path, FileDescriptor descriptor, bool isShared, bool isHeld)
    {
        Name = path;
        Descriptor = descriptor;
        IsShared = isShared;
        _isHeld = isHeld;
        FileStatus status = Files.Status(descriptor);
        Identity = IdentityOf(in status);
        Owner = status.Uid;
        if (status.IsBlockDevice)
        {
            IsBlockDevice = true;
            Length = Files.BlockDeviceLength(descriptor);
            LogicalBlockSize = Files.LogicalBlockSize(descriptor);
            PhysicalBlockSize = Files.PhysicalBlockSize(descriptor);
        }
        else if (status.IsRegular)
        {
            Length = status.Size;
        }
        else
        {
            throw IsNeither(path, in status);
        }

        _direct = new Lazy<DirectFile?>(() => DirectFile.TryOpen(this));
        _mapping = new Lazy<FileMapping?>(() => Length > 0 ? FileMapping.TryCreate(Descriptor, Length) : null);
    }

    /// <inheritdoc/>
    /// <remarks>A drive tells where the sessions of its disc begin.</remarks>
    public override ICapability? Find(Type capability) =>
        IsBlockDevice && capability == typeof(SessionTable) ? OpticalDrive.ReadSessions(this) : base.Find(capability);

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Identity { get; }

    /// <summary>The user whose file it is.</summary>
    public uint Owner { get; }

    /// <summary>The descriptor, open for reading.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Length in bytes, as it was when opened.</summary>
    public override long Length { get; }

    /// <summary>Whether it is a block device, not an image file.</summary>
    public bool IsBlockDevice { get; }

    /// <summary>Whether something else uses the block device too: usually a mount.</summary>
    public bool IsShared { get; }

    /// <inheritdoc/>
    public override int LogicalBlockSize { get; } = 1;

    /// <inheritdoc/>
    public override int PhysicalBlockSize { get; } = 1;

    /// <summary>The same past the page cache; null where it cannot be read so. Opened when first asked for.</summary>
    public DirectFile? Direct => _direct.Value;

    /// <summary>Its pages in memory, for the kernel to read; null where it cannot be mapped. Made when first asked for.</summary>
    public FileMapping? Mapping => _mapping.Value;

    /// <summary>
    /// Whether the image file is shorter now than when it was opened, or its length is not known. Takes a system call; none for a block
    /// device.
    /// </summary>
    public bool IsCutShort => !IsBlockDevice && Files.Length(Descriptor) < Length;

    /// <summary>
    /// Opens an image file or a block device for reading. <c>/dev/fd/N</c> is the open descriptor itself, whose file this process may
    /// not be allowed to open by its name.
    /// </summary>
    /// <exception cref="LinuxException">It cannot be opened, or is neither.</exception>
    public static FileDevice Open(string path)
    {
        FileDescriptor descriptor = OpenDescriptor(path, out bool isShared, out bool isHeld);
        return Take(path, descriptor, isShared, isHeld);
    }

    /// <summary>Takes an image file or a block device that is open for reading.</summary>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="descriptor">The device owns it from now on.</param>
    /// <exception cref="LinuxException">It is neither.</exception>
    public static FileDevice Take(string path, FileDescriptor descriptor) => Take(path, descriptor, isShared: false, isHeld: false);

    /// <summary>The <see cref="Identity"/> of a file or device.</summary>
    public static string IdentityOf(in FileStatus status) => status.IsBlockDevice ? $"{status.Device}" : $"{status.FileSystem} {status.Inode}";

    /// <summary>Refuses anything but an image file or a block device.</summary>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="status">What it is.</param>
    /// <exception cref="LinuxException">It is neither.</exception>
    /// <returns>True.</returns>
    public static bool Admit(string path, in FileStatus status) =>
        status.IsRegular || status.IsBlockDevice ? true : throw IsNeither(path, in status);

    /// <summary>The open descriptor that a path of the form <c>/dev/fd/N</c> names; null for any other path.</summary>
    public static int? FindDescriptor(string path) =>
        path.StartsWith(DescriptorFolder, StringComparison.Ordinal)
        && int.TryParse(path.AsSpan(DescriptorFolder.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;

    /// <summary>Lets others have a block device for themselves alone, which is held while it is open.</summary>
    /// <exception cref="LinuxException">It cannot be opened once more.</exception>
    public void LetGo()
    {
        if (_isHeld)
        {
            using FileDescriptor? shared = Files.TryReopen(Descriptor, Flags, out Errno errno);
            Descriptors.Replace(Descriptor, shared ?? throw new LinuxException("open", errno, Name));
        }
    }

    /// <summary>Holds it again, where nobody else does.</summary>
    public void Hold()
    {
        using FileDescriptor? held = _isHeld ? Files.TryReopen(Descriptor, Flags | OpenFlags.Exclusive, out _) : null;
        if (held is not null)
        {
            Descriptors.Replace(Descriptor, held);
        }
    }

    /// <inheritdoc/>
    public override long HoleLength(long offset) => Files.HoleLength(Descriptor, offset);

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (_direct.IsValueCreated)
        {
            _direct.Value?.Dispose();
        }

        if (_mapping.IsValueCreated)
        {
            _mapping.Value?.Dispose();
        }

        Descriptor.Dispose();
    }

    private static LinuxException IsNeither(string path, in FileStatus status) =>
        new("open", status.IsDirectory ? Errno.EISDIR : Errno.EINVAL, path);

    private static FileDevice Take(string path, FileDescriptor descriptor, bool isShared, bool isHeld)
    {
        try
        {
            return new FileDevice(path, descriptor, isShared, isHeld);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    // A block device is held, where nobody else holds it, so that nobody mounts it for writing meanwhile.
    private static FileDescriptor OpenDescriptor(string path, out bool isShared, out bool isHeld)
    {
        isShared = false;
        isHeld = false;
        if (FindDescriptor(path) is { } number)
        {
            return Files.Duplicate(number);
        }

        FileDescriptor descriptor = Files.OpenAfterLook(path, flags => Files.Open(path, flags), (_, status) => Admit(path, in status), Flags)!;
        if (!Files.Status(descriptor).IsBlockDevice)
        {
            return descriptor;
        }

        FileDescriptor? held = Files.TryReopen(descriptor, Flags | OpenFlags.Exclusive, out Errno errno);
        isShared = errno == Errno.EBUSY;
        isHeld = held is not null;
        if (held is null)
        {
            return descriptor;
        }

        descriptor.Dispose();
        return held;
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int count = Files.Read(Descriptor, destination, offset, out Errno errno);
            if (count < 0)
            {
                throw new LinuxException("pread", errno, $"{Name} at 0x{offset:x}");
            }

            if (count == 0)
            {
                // The file was cut short after it was opened.
                throw new TruncatedImageException(offset, offset);
            }

            destination = destination[count..];
            offset += count;
        }
    }

    /// <inheritdoc/>
    protected internal override void PrefetchOwn(long offset, long length) => Files.Prefetch(Descriptor, offset, length);
}
