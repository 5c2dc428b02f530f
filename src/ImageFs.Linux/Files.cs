using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Opening and reading files and block devices.</summary>
public static unsafe class Files
{
    private const int OpenAt2 = 437;
    private const uint STATX_DIOALIGN = 0x2000;
    internal const int DirectOffsetAlignmentOffset = 156; // stx_dio_offset_align, which Tmds.Linux.statx does not have
    private const int SEEK_DATA = 3;
    private const int AccessMode = 3; // O_ACCMODE
    private const int BLKGETSIZE64 = unchecked((int)0x80081272);
    private const int BLKSSZGET = 0x1268;
    private const int BLKPBSZGET = 0x127B;

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
        using var name = new NativeText(path);
        int number;
        do
        {
            number = open(name.Start, (int)flags | O_CLOEXEC, 0);
            errno = LinuxException.ErrorOf(number);
        }
        while (errno == Errno.EINTR);

        return number < 0 ? null : new FileDescriptor(number);
    }

    /// <summary>openat2(2) of a path that must not lead out of a folder, by a symbolic link neither (RESOLVE_BENEATH); O_CLOEXEC is always added.</summary>
    /// <returns>Null with <paramref name="errno"/> set: EXDEV when it leads out.</returns>
    public static FileDescriptor? TryOpenBeneath(FileDescriptor folder, string path, OpenFlags flags, out Errno errno)
    {
        var how = new open_how { flags = (ulong)((int)flags | O_CLOEXEC), resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
        using DescriptorInUse start = folder.Use();
        using var name = new NativeText(path);
        int number;
        do
        {
            number = (int)syscall(OpenAt2, start.Number, name.Start, &how, sizeof(open_how));
            errno = LinuxException.ErrorOf(number);
        }
        while (errno == Errno.EINTR);

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
    public static bool HasAccessList(FileDescriptor file)
    {
        using var path = new NativeText($"/proc/self/fd/{file.Number}");
        fixed (byte* attribute = "system.posix_acl_access\0"u8)
        {
            return MoreLibc.getxattr(path.Start, attribute, null, 0) >= 0 || LinuxException.LastError is not (Errno.ENODATA or Errno.EOPNOTSUPP);
        }
    }

    /// <summary>A second descriptor for an open file, by its number (F_DUPFD_CLOEXEC).</summary>
    /// <exception cref="LinuxException">There is no such descriptor.</exception>
    public static FileDescriptor Duplicate(int number)
    {
        int copy = fcntl(number, F_DUPFD_CLOEXEC, 3);
        return copy < 0 ? throw LinuxException.Last("fcntl(F_DUPFD_CLOEXEC)", $"/dev/fd/{number}") : new FileDescriptor(copy);
    }

    /// <summary>
    /// Whether a descriptor is open for reading. One of O_PATH is not: whoever has that may not be allowed to read the file, and who opens it once more
    /// by /proc/self/fd is.
    /// </summary>
    public static bool IsReadable(FileDescriptor descriptor)
    {
        using DescriptorInUse use = descriptor.Use();
        int flags = fcntl(use.Number, F_GETFL);
        return flags >= 0 && (flags & ((int)OpenFlags.Path | AccessMode)) is (int)OpenFlags.ReadOnly or (int)OpenFlags.ReadWrite;
    }

    /// <summary>Whether flags of open(2) are of a file that is read past the page cache (O_DIRECT).</summary>
    public static bool IsDirect(uint flags) => (flags & (uint)O_DIRECT) != 0;

    /// <summary>Opens the file of a descriptor once more, for reading past the page cache (O_DIRECT).</summary>
    /// <returns>Null with <paramref name="errno"/> set: EINVAL where the file system has no such thing.</returns>
    public static FileDescriptor? TryReopenDirect(FileDescriptor descriptor, out Errno errno) =>
        TryReopen(descriptor, OpenFlags.ReadOnly | OpenFlags.NonBlocking | (OpenFlags)O_DIRECT, out errno);

    /// <summary>What offset and length of direct I/O must be multiples of, in bytes (STATX_DIOALIGN, Linux 6.1).</summary>
    /// <returns>0 when the file cannot be read so; null when the kernel does not know.</returns>
    public static int? DirectAlignment(FileDescriptor descriptor)
    {
        statx status;
        return TryStatus(descriptor, STATX_DIOALIGN, &status) && (status.stx_mask & STATX_DIOALIGN) != 0
            ? checked((int)*(uint*)((byte*)&status + DirectOffsetAlignmentOffset))
            : null;
    }

    /// <summary>Asks the kernel to begin reading into its cache (POSIX_FADV_WILLNEED). The kernel may decline.</summary>
    public static void Prefetch(FileDescriptor descriptor, long offset, long length) => Advise(descriptor, offset, length, POSIX_FADV_WILLNEED);

    /// <summary>Asks the kernel to drop whole pages from its cache (POSIX_FADV_DONTNEED). The kernel may decline.</summary>
    public static void DropFromCache(FileDescriptor descriptor, long offset, long length) =>
        Advise(descriptor, offset, length, POSIX_FADV_DONTNEED);

    /// <summary>What is in a small file, as the kernel has many: their lengths are not known before they are read.</summary>
    /// <returns>Null when it cannot be read.</returns>
    internal static byte[]? TryReadAll(string path, out Errno errno)
    {
        using FileDescriptor? file = TryOpen(path, OpenFlags.ReadOnly, out errno);
        byte[] bytes = new byte[1024];
        int length = 0;
        while (file is not null)
        {
            int count = Descriptors.Read(file, bytes.AsSpan(length), out errno);
            if (count <= 0 && errno != Errno.EINTR)
            {
                return count < 0 ? null : bytes[..length];
            }

            length += Math.Max(count, 0);
            if (length == bytes.Length)
            {
                Array.Resize(ref bytes, 2 * length);
            }
        }

        return null;
    }

    /// <summary>statx(2) of an open descriptor.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileStatus Status(FileDescriptor descriptor)
    {
        statx status;
        return TryStatus(descriptor, STATX_BASIC_STATS, &status) ? ToStatus(in status) : throw LinuxException.Last("statx");
    }

    /// <summary>statx(2) of a path, following symbolic links.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static FileStatus Status(string path) => TryStatus(path, out Errno errno) ?? throw new LinuxException("statx", errno, path);

    /// <summary>statx(2) of a path, following symbolic links, its error as a value.</summary>
    public static FileStatus? TryStatus(string path, out Errno errno)
    {
        using var name = new NativeText(path);
        statx status;
        errno = LinuxException.ErrorOf(statx(AT_FDCWD, name.Start, 0, STATX_BASIC_STATS, &status));
        return errno == Errno.None ? ToStatus(in status) : null;
    }

    /// <summary>
    /// Bytes of the hole that a place of a file is in, from there on (SEEK_DATA of lseek(2)); 0 where data are, or where nobody knows.
    /// The descriptor's own position, which may be somebody else's too, stays.
    /// </summary>
    public static long HoleLength(FileDescriptor descriptor, long offset)
    {
        using DescriptorInUse file = descriptor.Use();
        off_t position = lseek(file.Number, 0, SEEK_CUR);
        long end = lseek(file.Number, offset, SEEK_DATA);
        if (end < 0 && LinuxException.LastError == Errno.ENXIO)
        {
            end = lseek(file.Number, 0, SEEK_END);
        }

        _ = lseek(file.Number, position, SEEK_SET);
        return Math.Max(0, end - offset);
    }

    /// <summary>How long an open file is now, in bytes; -1 when that cannot be told. Never allocates.</summary>
    public static long Length(FileDescriptor descriptor)
    {
        statx status;
        return TryStatus(descriptor, STATX_SIZE, &status) ? unchecked((long)status.stx_size) : -1;
    }

    /// <summary>pread(2), once: short at the end of the file. Never allocates.</summary>
    /// <returns>Bytes read; 0 at the end; -1 with <paramref name="errno"/> set.</returns>
    public static int Read(FileDescriptor descriptor, Span<byte> destination, long offset, out Errno errno)
    {
        using DescriptorInUse source = descriptor.Use();
        fixed (byte* buffer = destination)
        {
            long count;
            do
            {
                count = pread(source.Number, buffer, destination.Length, offset);
                errno = LinuxException.ErrorOf(count);
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
        return TryAsk(descriptor, BLKGETSIZE64, &length) ? checked((long)length) : throw LinuxException.Last("ioctl(BLKGETSIZE64)");
    }

    /// <summary>Logical block size of a block device in bytes (BLKSSZGET): the unit of direct I/O.</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int LogicalBlockSize(FileDescriptor descriptor)
    {
        int size;
        return TryAsk(descriptor, BLKSSZGET, &size) ? size : throw LinuxException.Last("ioctl(BLKSSZGET)");
    }

    /// <summary>Physical block size of a block device in bytes (BLKPBSZGET).</summary>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static int PhysicalBlockSize(FileDescriptor descriptor)
    {
        uint size;
        return TryAsk(descriptor, BLKPBSZGET, &size) ? checked((int)size) : throw LinuxException.Last("ioctl(BLKPBSZGET)");
    }

    private static void Advise(FileDescriptor descriptor, long offset, long length, int advice)
    {
        using DescriptorInUse file = descriptor.Use();
        _ = posix_fadvise(file.Number, offset, length, advice);
    }

    private static bool TryAsk(FileDescriptor descriptor, int request, void* answer)
    {
        using DescriptorInUse device = descriptor.Use();
        return ioctl(device.Number, request, answer) == 0;
    }

    private static bool TryStatus(FileDescriptor descriptor, uint mask, statx* status)
    {
        using DescriptorInUse file = descriptor.Use();
        fixed (byte* empty = "\0"u8)
        {
            return statx(file.Number, empty, AT_EMPTY_PATH, mask, status) == 0;
        }
    }

    private static FileStatus ToStatus(in statx status) => new(
        status.stx_mode,
        checked((long)status.stx_size),
        status.stx_ino,
        new DeviceNumber(status.stx_dev_major, status.stx_dev_minor),
        new DeviceNumber(status.stx_rdev_major, status.stx_rdev_minor))
    {
        Uid = status.stx_uid,
        Gid = status.stx_gid,
        ModifySeconds = status.stx_mtime.tv_sec,
        ModifyNanoseconds = status.stx_mtime.tv_nsec,
    };
}
