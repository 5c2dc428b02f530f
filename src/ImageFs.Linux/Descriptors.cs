using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Calls on any descriptor: sequential read(2) and write(2), and ioctl(2), which never allocate; and a plain pipe.</summary>
public static unsafe class Descriptors
{
    /// <summary>Standard input.</summary>
    public static readonly FileDescriptor StandardInput = new(0, ownsHandle: false);

    /// <summary>Standard output.</summary>
    public static readonly FileDescriptor StandardOutput = new(1, ownsHandle: false);

    /// <summary>Standard error.</summary>
    public static readonly FileDescriptor StandardError = new(2, ownsHandle: false);

    /// <summary>pipe2(2): both ends are close-on-exec, and block.</summary>
    /// <exception cref="LinuxException">There is no pipe: too many descriptors.</exception>
    public static (FileDescriptor ReadEnd, FileDescriptor WriteEnd) MakePipe()
    {
        int* ends = stackalloc int[2];
        return pipe2(ends, O_CLOEXEC) == 0
            ? (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]))
            : throw LinuxException.Last("pipe2");
    }

    /// <summary>Has a descriptor be of another open file, in one step (dup3(2)); it is close-on-exec.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="file">The open file.</param>
    /// <exception cref="LinuxException">The call failed.</exception>
    public static void Replace(FileDescriptor descriptor, FileDescriptor file)
    {
        using DescriptorInUse target = descriptor.Use(), source = file.Use();
        if (dup3(source.Number, target.Number, O_CLOEXEC) < 0)
        {
            throw LinuxException.Last("dup3");
        }
    }

    /// <summary>read(2), once. EINTR is given back: a device may want to look around first.</summary>
    /// <returns>Bytes read; 0 at the end; -1 with <paramref name="errno"/> set.</returns>
    public static int Read(FileDescriptor descriptor, Span<byte> destination, out Errno errno)
    {
        using DescriptorInUse source = descriptor.Use();
        fixed (byte* buffer = destination)
        {
            long count = read(source.Number, buffer, destination.Length);
            errno = LinuxException.ErrorOf(count);
            return (int)count;
        }
    }

    /// <summary>write(2), once.</summary>
    /// <returns>Bytes written; -1 with <paramref name="errno"/> set.</returns>
    public static int Write(FileDescriptor descriptor, ReadOnlySpan<byte> source, out Errno errno)
    {
        using DescriptorInUse target = descriptor.Use();
        fixed (byte* buffer = source)
        {
            long count;
            do
            {
                count = write(target.Number, buffer, source.Length);
                errno = LinuxException.ErrorOf(count);
            }
            while (errno == Errno.EINTR);

            return (int)count;
        }
    }

    /// <summary>ioctl(2) with a pointer to memory as its argument.</summary>
    /// <returns>What the call returns, at least 0; -1 with <paramref name="errno"/> set.</returns>
    public static int Control(FileDescriptor descriptor, uint request, Span<byte> argument, out Errno errno)
    {
        using DescriptorInUse device = descriptor.Use();
        fixed (byte* buffer = argument)
        {
            int result = ioctl(device.Number, unchecked((int)request), buffer);
            errno = LinuxException.ErrorOf(result);
            return result;
        }
    }
}
