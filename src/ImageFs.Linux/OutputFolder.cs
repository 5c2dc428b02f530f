using System.Globalization;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// An open directory that files are made in, by names of one component: nothing outside it is ever reached, by a symbolic link neither.
/// </summary>
public sealed unsafe class OutputFolder : IDisposable
{
    private const ushort OwnerOnlyFile = 0x180; // rw-------
    private const ushort OwnerOnlyFolder = 0x1C0; // rwx------
    private const ushort AllPermissions = 0x1FF; // rwxrwxrwx, less the umask

    private readonly FileDescriptor _descriptor;
    private readonly string _path;

    private OutputFolder(FileDescriptor descriptor, string path)
    {
        _descriptor = descriptor;
        _path = path;
    }

    /// <summary>Opens a directory by its path, and makes it where it is not there; links on the way to it are followed.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static OutputFolder OpenOrCreate(string path)
    {
        byte[] name = Terminate(ByteText.ToBytes(path));
        fixed (byte* first = name)
        {
            if (mkdirat(AT_FDCWD, first, AllPermissions) < 0 && LinuxException.LastError != Errno.EEXIST)
            {
                throw LinuxException.Last("mkdir", path);
            }

            return new OutputFolder(OpenAt(AT_FDCWD, first, O_DIRECTORY, 0, path), path);
        }
    }

    /// <summary>A directory in this one: made, or the one that is there; a symbolic link is not taken for one.</summary>
    /// <param name="name">The name.</param>
    /// <param name="isForAll">Whether it is made with what permissions the umask leaves; else for its owner only.</param>
    /// <exception cref="LinuxException">It can be neither: ENOTDIR when there is something else.</exception>
    public OutputFolder OpenOrCreateFolder(ReadOnlySpan<byte> name, bool isForAll = false)
    {
        fixed (byte* first = Name(name))
        {
            if (mkdirat(_descriptor.Number, first, isForAll ? AllPermissions : OwnerOnlyFolder) < 0 && LinuxException.LastError != Errno.EEXIST)
            {
                throw Failed("mkdir", name);
            }

            string path = Subject(name);
            return new OutputFolder(OpenAt(_descriptor.Number, first, O_DIRECTORY | O_NOFOLLOW, 0, path), path);
        }
    }

    /// <summary>Makes an empty file, open for writing, for its owner only.</summary>
    /// <exception cref="LinuxException">It cannot be made: EEXIST when there is something of that name.</exception>
    public FileDescriptor CreateFile(ReadOnlySpan<byte> name)
    {
        fixed (byte* first = Name(name))
        {
            return OpenAt(_descriptor.Number, first, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, OwnerOnlyFile, Subject(name));
        }
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public void CreateSymbolicLink(ReadOnlySpan<byte> name, ReadOnlySpan<byte> target)
    {
        fixed (byte* first = Name(name))
        fixed (byte* firstOfTarget = Terminate(target))
        {
            Check(symlinkat(firstOfTarget, _descriptor.Number, first), "symlink", name);
        }
    }

    /// <summary>Makes a second name for a file that was made below another of these directories.</summary>
    /// <param name="name">The name.</param>
    /// <param name="root">The other directory.</param>
    /// <param name="path">The file's path from there.</param>
    /// <returns>False when it is not there any more, or the file system cannot.</returns>
    public bool TryCreateHardLink(ReadOnlySpan<byte> name, OutputFolder root, ReadOnlySpan<byte> path)
    {
        fixed (byte* first = Name(name))
        fixed (byte* firstOfPath = Terminate(path))
        {
            return linkat(root._descriptor.Number, firstOfPath, _descriptor.Number, first, 0) == 0;
        }
    }

    /// <summary>Makes a device node, a named pipe or a socket.</summary>
    /// <param name="name">The name.</param>
    /// <param name="mode">Type and permissions, as st_mode.</param>
    /// <param name="device">The device, for device nodes.</param>
    /// <exception cref="LinuxException">It cannot be made: EPERM for a device, unless by root.</exception>
    public void CreateNode(ReadOnlySpan<byte> name, uint mode, DeviceNumber device)
    {
        // makedev(3) of glibc.
        ulong number = (device.Minor & 0xFF) | ((device.Major & 0xFFFul) << 8) | ((ulong)(device.Minor & ~0xFFu) << 12)
            | ((ulong)(device.Major & ~0xFFFu) << 32);
        fixed (byte* first = Name(name))
        {
            Check(MoreLibc.mknodat(_descriptor.Number, first, mode, number), "mknod", name);
        }
    }

    /// <summary>Removes a file or a link; that there is none is no error.</summary>
    /// <exception cref="LinuxException">It cannot be removed: EISDIR for a directory.</exception>
    public void Remove(ReadOnlySpan<byte> name)
    {
        fixed (byte* first = Name(name))
        {
            if (unlinkat(_descriptor.Number, first, 0) < 0 && LinuxException.LastError != Errno.ENOENT)
            {
                throw Failed("unlink", name);
            }
        }
    }

    /// <summary>Gives a file another name here, which replaces the file that has it.</summary>
    /// <exception cref="LinuxException">It cannot be done: EISDIR where a directory has the name.</exception>
    public void Rename(ReadOnlySpan<byte> name, ReadOnlySpan<byte> newName)
    {
        fixed (byte* first = Name(name))
        fixed (byte* firstOfNew = Name(newName))
        {
            Check(MoreLibc.renameat(_descriptor.Number, first, _descriptor.Number, firstOfNew), "rename", newName);
        }
    }

    /// <summary>Sets owner and group of what has a name here, a link itself.</summary>
    /// <exception cref="LinuxException">They cannot be set.</exception>
    public void SetOwner(ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        fixed (byte* first = Name(name))
        {
            Check(fchownat(_descriptor.Number, first, uid, gid, AT_SYMLINK_NOFOLLOW), "chown", name);
        }
    }

    /// <summary>Sets the permissions of what has a name here and is no symbolic link.</summary>
    /// <exception cref="LinuxException">They cannot be set.</exception>
    public void SetPermissions(ReadOnlySpan<byte> name, uint permissions)
    {
        fixed (byte* first = Name(name))
        {
            Check(fchmodat(_descriptor.Number, first, checked((ushort)permissions), 0), "chmod", name);
        }
    }

    /// <summary>Sets the times of what has a name here, a link itself: seconds since 1970, and nanoseconds.</summary>
    /// <exception cref="LinuxException">They cannot be set.</exception>
    public void SetTimes(ReadOnlySpan<byte> name, (long Seconds, uint Nanoseconds) access, (long Seconds, uint Nanoseconds) change)
    {
        timespec* times = stackalloc timespec[] { Time(access), Time(change) };
        fixed (byte* first = Name(name))
        {
            Check(utimensat(_descriptor.Number, first, times, AT_SYMLINK_NOFOLLOW), "utimensat", name);
        }
    }

    /// <summary>Sets an extended attribute of what has a name here, of a link itself.</summary>
    /// <param name="name">The name.</param>
    /// <param name="attribute">The attribute's name with its prefix.</param>
    /// <param name="value">Its value.</param>
    /// <param name="canBeOpened">Whether it is a file or a directory: then no /proc is needed.</param>
    /// <exception cref="LinuxException">It cannot be set: EPERM, or EOPNOTSUPP where the file system has none.</exception>
    public void SetExtendedAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value, bool canBeOpened)
    {
        byte[] folder = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_descriptor.Number}/"));
        byte[] terminated = Name(name);
        fixed (byte* first = terminated)
        fixed (byte* path = (byte[])[.. folder, .. terminated])
        fixed (byte* firstOfAttribute = Terminate(attribute))
        fixed (byte* firstOfValue = value)
        {
            if (!canBeOpened)
            {
                Check(MoreLibc.lsetxattr(path, firstOfAttribute, firstOfValue, (nuint)value.Length, 0), "setxattr", name);
                return;
            }

            using FileDescriptor file = OpenAt(_descriptor.Number, first, O_NOFOLLOW | O_NONBLOCK, 0, Subject(name));
            Check(MoreLibc.fsetxattr(file.Number, firstOfAttribute, firstOfValue, (nuint)value.Length, 0), "setxattr", name);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _descriptor.Dispose();

    private static FileDescriptor OpenAt(int directory, byte* name, int flags, mode_t mode, string subject)
    {
        int number = openat(directory, name, flags | O_CLOEXEC, mode);
        return number < 0 ? throw LinuxException.Last("open", subject) : new FileDescriptor(number);
    }

    private static timespec Time((long Seconds, uint Nanoseconds) time) => new() { tv_sec = time.Seconds, tv_nsec = (int)time.Nanoseconds };

    // What is no single name would lead elsewhere: a name comes from an image, and may be anything.
    private static byte[] Name(ReadOnlySpan<byte> name) =>
        name.IsEmpty || name.Contains((byte)'/') || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)
            ? throw new LinuxException("open", Errno.EINVAL, $"\"{ByteText.FromBytes(name)}\" as a name")
            : Terminate(name);

    private static byte[] Terminate(ReadOnlySpan<byte> text) =>
        text.Contains((byte)0) ? throw new LinuxException("open", Errno.EINVAL, ByteText.FromBytes(text)) : [.. text, 0];

    private string Subject(ReadOnlySpan<byte> name) => $"{_path}/{ByteText.FromBytes(name)}";

    private void Check(int result, string call, ReadOnlySpan<byte> name)
    {
        if (result < 0)
        {
            throw Failed(call, name);
        }
    }

    private LinuxException Failed(string call, ReadOnlySpan<byte> name) => LinuxException.Last(call, Subject(name));
}
