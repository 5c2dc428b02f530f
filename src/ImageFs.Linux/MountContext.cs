using System.Text;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A file system being made ready to be mounted (fsopen(2)): it is told its options one by one, and becomes a mount that is nowhere yet. What
/// ends in between leaves nothing behind.
/// </summary>
public sealed unsafe class MountContext : IDisposable
{
    // The numbers are the same on all processors.
    private const int MoveMount = 429;
    private const int FsOpen = 430;
    private const int FsConfig = 431;
    private const int FsMount = 432;
    private const uint CloseContextOnExec = 1;
    private const uint CloseMountOnExec = 1;
    private const uint SetFlagCommand = 0;
    private const uint SetStringCommand = 1;
    private const uint CreateCommand = 6;
    private const uint EmptyPath = 4; // MOVE_MOUNT_F_EMPTY_PATH
    private const int MessageLength = 1024;

    private readonly FileDescriptor _context;
    private readonly string _type;

    private MountContext(FileDescriptor context, string type)
    {
        _context = context;
        _type = type;
    }

    /// <summary>Begins with a type of file system.</summary>
    /// <param name="type">Its name: "erofs".</param>
    /// <exception cref="LinuxException">The kernel does not have it (ENODEV), or this user may not mount it (EPERM).</exception>
    public static MountContext Open(string type)
    {
        using var name = new NativeText(type);
        int number = (int)syscall(FsOpen, name.Start, CloseContextOnExec);
        return number < 0 ? throw LinuxException.Last("fsopen", type) : new MountContext(new FileDescriptor(number), type);
    }

    /// <summary>Sets an option that stands alone.</summary>
    /// <exception cref="LinuxException">The file system does not take it.</exception>
    public void Set(string option) => Configure(SetFlagCommand, option, null);

    /// <summary>Sets an option with a value; <c>source</c> is what is mounted.</summary>
    /// <exception cref="LinuxException">The file system does not take it.</exception>
    public void Set(string option, string value) => Configure(SetStringCommand, option, value);

    /// <summary>Opens the file system, and makes it a mount that is at no place yet. It ends with its descriptor, unless it was given a place.</summary>
    /// <param name="flags">What may be done there.</param>
    /// <returns>Its root directory.</returns>
    /// <exception cref="LinuxException">The file system cannot be opened; the kernel's own words are in the message.</exception>
    public FileDescriptor Mount(MountFlags flags)
    {
        Configure(CreateCommand, null, null);
        using DescriptorInUse use = _context.Use();
        int number = (int)syscall(FsMount, use.Number, CloseMountOnExec, AttributesOf(flags));
        return number < 0 ? throw LinuxException.Last("fsmount", _type) : new FileDescriptor(number);
    }

    /// <summary>Gives a mount its place.</summary>
    /// <param name="mount">Its root directory.</param>
    /// <param name="directory">The directory that it is mounted on.</param>
    /// <exception cref="LinuxException">It cannot be mounted there.</exception>
    public static void Move(FileDescriptor mount, string directory)
    {
        using var target = new NativeText(directory);
        using var empty = new NativeText(string.Empty);
        using DescriptorInUse use = mount.Use();
        if ((int)syscall(MoveMount, use.Number, empty.Start, AT_FDCWD, target.Start, EmptyPath) < 0)
        {
            throw LinuxException.Last("move_mount", directory);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _context.Dispose();

    private void Configure(uint command, string? option, string? value)
    {
        using var key = new NativeText(option ?? string.Empty);
        using var text = new NativeText(value ?? string.Empty);
        using DescriptorInUse use = _context.Use();
        if ((int)syscall(FsConfig, use.Number, command, option is null ? null : key.Start, value is null ? null : text.Start, 0) < 0)
        {
            Errno errno = LinuxException.LastError;
            throw new LinuxException("fsconfig", errno, option is null ? _type : $"{_type}, {option}", ReadMessages());
        }
    }

    // What the kernel says of an error, a line for each read: "e erofs: cannot find valid erofs superblock".
    private string? ReadMessages()
    {
        var messages = new List<string>();
        byte[] line = new byte[MessageLength];
        while (Descriptors.Read(_context, line, out _) is > 0 and int length)
        {
            messages.Add(Encoding.UTF8.GetString(line, 0, length).TrimEnd('\n'));
        }

        return messages.Count > 0 ? string.Join("; ", messages.Select(message => message.Length > 2 && message[1] == ' ' ? message[2..] : message)) : null;
    }

    // MOUNT_ATTR_* of linux/mount.h.
    private static uint AttributesOf(MountFlags flags)
    {
        uint attributes = 0;
        foreach ((MountFlags flag, uint attribute) in (ReadOnlySpan<(MountFlags, uint)>)
            [(MountFlags.ReadOnly, 1), (MountFlags.NoSuid, 2), (MountFlags.NoDev, 4), (MountFlags.NoExec, 8), (MountFlags.NoAtime, 0x10), (MountFlags.NoDirAtime, 0x80), (MountFlags.NoSymFollow, 0x20_0000)])
        {
            attributes |= flags.HasFlag(flag) ? attribute : 0;
        }

        return attributes;
    }
}
