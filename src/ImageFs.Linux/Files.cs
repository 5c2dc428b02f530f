using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>Opening and reading files and block devices.</summary>
public static unsafe class Files
{
    private const nint OpenAt2 = 437;
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const uint SizeStat = 0x200; // STATX_SIZE
    private const uint DirectAlignmentStat = 0x2000; // STATX_DIOALIGN
    private const int SeekSet = 0; // SEEK_SET
    private const int SeekCurrent = 1; // SEEK_CUR
    private const int SeekEnd = 2; // SEEK_END
    private const int SeekData = 3; // SEEK_DATA
    private const int WillNeed = 3; // POSIX_FADV_WILLNEED
    private const int DoNotNeed = 4; // POSIX_FADV_DONTNEED
    private const nuint BLKGETSIZE64 = 0x80081272;
    private const nuint BLKSSZGET = 0x1268;
    private const nuint BLKPBSZGET = 0x127B;

    /// <summary>open(2); O_CLOEXEC is always added.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileDescriptor Open(string path, OpenFlags flags)
    {
        FileDescriptor? descriptor = TryOpen(path, flags, out Errno errno);
        return descriptor ?? throw new LinuxException("open", errno, path);
    }

    /// <summary>open(2), its error as a value.</summary>
    public static FileDescriptor? TryOpen(string path, OpenFlags flags, out Errno errno)
    {
        int number;
        do
        {
            number = Libc.open(path, (int)(flags | OpenFlags.CloseOnExec), 0);
            errno = number < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
        }
        while (errno == Errno.EINTR);

        return number < 0 ? null : new FileDescriptor(number);
    }

    /// <summary>openat2(2) of a path that must not lead out of a folder, by a symbolic link neither (RESOLVE_BENEATH); O_CLOEXEC is always added.</summary>
    /// <returns>Null with <paramref name="errno"/> set: EXDEV when it leads out.</returns>
    public static FileDescriptor? TryOpenBeneath(FileDescriptor folder, string path, OpenFlags flags, out Errno errno)
    {
        var how = new OpenHow { Flags = (ulong)(flags | OpenFlags.CloseOnExec), Resolve = OpenHow.Beneath | OpenHow.NoMagicLinks };
        int number;
        byte* name = ByteTextMarshaller.ConvertToUnmanaged(path);
        try
        {
            do
            {
                number = Libc.syscall4(OpenAt2, folder.Number, (nint)name, (nint)(&how), sizeof(OpenHow));
                errno = number < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            }
            while (errno == Errno.EINTR);
        }
        finally
        {
            ByteTextMarshaller.Free(name);
        }

        return number < 0 ? null : new FileDescriptor(number);
    }

    /// <summary>Opens a file only after a look at what it is: to open a device or a pipe may do something already.</summary>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="open">Opens it by its name, with the flags given.</param>
    /// <param name="admit">Sees what it is; throws for what may not be opened, and answers false for what need not.</param>
    /// <param name="flags">The flags to open it with in the end.</param>
    /// <returns>Null when it need not be opened.</returns>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static FileDescriptor? OpenAfterLook(
        string path, Func<OpenFlags, FileDescriptor> open, Func<FileDescriptor, FileStatus, bool> admit, OpenFlags flags)
    {
        using FileDescriptor place = open(OpenFlags.Path);
        FileStatus status = Status(place);
        if (!admit(place, status))
        {
            return null;
        }

        if (TryReopen(place, flags, out Errno errno) is { } file)
        {
            return file;
        }

        if (errno != Errno.ENOENT)
        {
            throw new LinuxException("open", errno, path);
        }

        // There is no /proc: by the name once more, which may be another file's by now.
        FileDescriptor again = open(flags);
        if (Status(again).IsSameAs(status))
        {
            return again;
        }

        again.Dispose();
        throw new LinuxException("open", Errno.ESTALE, path);
    }

    /// <summary>Opens the file of a descriptor once more, with other flags; of one that was opened with <see cref="OpenFlags.Path"/>, too.</summary>
    /// <returns>Null with <paramref name="errno"/> set: ENOENT where there is no /proc.</returns>
    public static FileDescriptor? TryReopen(FileDescriptor descriptor, OpenFlags flags, out Errno errno) =>
        TryOpen($"/proc/self/fd/{descriptor.Number}", flags, out errno);

    /// <summary>Whether a file has an access control list (acl(5)), or that cannot be told.</summary>
    public static bool HasAccessList(FileDescriptor file) =>
        Libc.getxattr($"/proc/self/fd/{file.Number}", "system.posix_acl_access", null, 0) >= 0
        || (Errno)Marshal.GetLastPInvokeError() is not (Errno.ENODATA or Errno.EOPNOTSUPP);

    /// <summary>A second descriptor for an open file, by its number (F_DUPFD_CLOEXEC).</summary>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static FileDescriptor Duplicate(int number)
    {
        int copy = Libc.fcntl(number, DuplicateCloseOnExec, 3);
        return copy < 0 ? throw LinuxException.Last("fcntl(F_DUPFD_CLOEXEC)", $"/dev/fd/{number}") : new FileDescriptor(copy);
    }

    /// <summary>Opens the file of a descriptor once more, for reading past the page cache (O_DIRECT).</summary>
    /// <returns>Null with <paramref name="errno"/> set: EINVAL where the file system has no such thing.</returns>
    public static FileDescriptor? TryReopenDirect(FileDescriptor descriptor, out Errno errno)
    {
        // O_DIRECT is one of the few flags that are not the same everywhere.
        bool isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
        var direct = (OpenFlags)(isArm ? 0x10000 : 0x4000);
        return TryReopen(descriptor, OpenFlags.ReadOnly | OpenFlags.NonBlocking | direct, out errno);
    }

    /// <summary>What offset and length of direct I/O must be multiples of, in bytes (STATX_DIOALIGN, Linux 6.1).</summary>
    /// <returns>0 when the file cannot be read so; null when the kernel does not know.</returns>
    public static int? DirectAlignment(FileDescriptor descriptor)
    {
        StatxBuffer buffer;
        return Libc.statx(descriptor.Number, string.Empty, EmptyPath, DirectAlignmentStat, &buffer) == 0
            && (buffer.Mask & DirectAlignmentStat) != 0
            ? checked((int)buffer.DirectOffsetAlignment)
            : null;
    }

    /// <summary>Asks the kernel to begin reading into its cache (POSIX_FADV_WILLNEED). The kernel may decline.</summary>
    public static void Prefetch(FileDescriptor descriptor, long offset, long length) =>
        _ = Libc.posix_fadvise64(descriptor, offset, length, WillNeed);

    /// <summary>Asks the kernel to drop whole pages from its cache (POSIX_FADV_DONTNEED). The kernel may decline.</summary>
    public static void DropFromCache(FileDescriptor descriptor, long offset, long length) =>
        _ = Libc.posix_fadvise64(descriptor, offset, length, DoNotNeed);

    /// <summary>statx(2) of an open descriptor.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileStatus Status(FileDescriptor descriptor)
    {
        StatxBuffer buffer;
        return Libc.statx(descriptor.Number, string.Empty, EmptyPath, BasicStats, &buffer) == 0
            ? ToStatus(in buffer)
            : throw LinuxException.Last("statx");
    }

    /// <summary>statx(2) of a path, following symbolic links.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileStatus Status(string path) => TryStatus(path, out Errno errno) ?? throw new LinuxException("statx", errno, path);

    /// <summary>statx(2) of a path, following symbolic links, its error as a value.</summary>
    public static FileStatus? TryStatus(string path, out Errno errno)
    {
        StatxBuffer buffer;
        bool isThere = Libc.statx(CurrentDirectory, path, 0, BasicStats, &buffer) == 0;
        errno = isThere ? Errno.None : (Errno)Marshal.GetLastPInvokeError();
        return isThere ? ToStatus(in buffer) : null;
    }

    /// <summary>
    /// Bytes of the hole that a place of a file is in, from there on (SEEK_DATA of lseek(2)); 0 where data are, or where nobody knows.
    /// The descriptor's own position, which may be somebody else's too, stays.
    /// </summary>
    public static long HoleLength(FileDescriptor descriptor, long offset)
    {
        long position = Libc.lseek64(descriptor, 0, SeekCurrent);
        long end = Libc.lseek64(descriptor, offset, SeekData);
        if (end < 0 && (Errno)Marshal.GetLastPInvokeError() == Errno.ENXIO)
        {
            end = Libc.lseek64(descriptor, 0, SeekEnd);
        }

        _ = Libc.lseek64(descriptor, position, SeekSet);
        return Math.Max(0, end - offset);
    }

    /// <summary>How long an open file is now, in bytes; -1 when that cannot be told. Never allocates.</summary>
    public static long Length(FileDescriptor descriptor)
    {
        StatxBuffer buffer;
        return Libc.statx(descriptor, "\0"u8, EmptyPath, SizeStat, &buffer) == 0 ? unchecked((long)buffer.Size) : -1;
    }

    /// <summary>pread(2), once: short at the end of the file. Never allocates.</summary>
    /// <returns>Bytes read; 0 at the end; -1 with <paramref name="errno"/> set.</returns>
    public static int Read(FileDescriptor descriptor, Span<byte> destination, long offset, out Errno errno)
    {
        fixed (byte* buffer = destination)
        {
            nint count;
            do
            {
                count = Libc.pread64(descriptor, buffer, (nuint)destination.Length, offset);
                errno = count < 0 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;
            }
            while (errno == Errno.EINTR);

            return (int)count;
        }
    }

    /// <summary>Length of a block device in bytes (BLKGETSIZE64).</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static long BlockDeviceLength(FileDescriptor descriptor)
    {
        ulong length;
        return Libc.ioctl(descriptor, BLKGETSIZE64, &length) == 0 ? checked((long)length) : throw LinuxException.Last("ioctl(BLKGETSIZE64)");
    }

    /// <summary>Logical block size of a block device in bytes (BLKSSZGET): the unit of direct I/O.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int LogicalBlockSize(FileDescriptor descriptor)
    {
        int size;
        return Libc.ioctl(descriptor, BLKSSZGET, &size) == 0 ? size : throw LinuxException.Last("ioctl(BLKSSZGET)");
    }

    /// <summary>Physical block size of a block device in bytes (BLKPBSZGET).</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int PhysicalBlockSize(FileDescriptor descriptor)
    {
        uint size;
        return Libc.ioctl(descriptor, BLKPBSZGET, &size) == 0 ? checked((int)size) : throw LinuxException.Last("ioctl(BLKPBSZGET)");
    }

    private static FileStatus ToStatus(in StatxBuffer buffer) => new(
        buffer.Mode,
        checked((long)buffer.Size),
        buffer.Inode,
        new DeviceNumber(buffer.FileSystemMajor, buffer.FileSystemMinor),
        new DeviceNumber(buffer.DeviceMajor, buffer.DeviceMinor))
    {
        Uid = buffer.Uid,
        Gid = buffer.Gid,
        ModifySeconds = buffer.ModifyTime.Seconds,
        ModifyNanoseconds = buffer.ModifyTime.Nanoseconds,
    };
}
