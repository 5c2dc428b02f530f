using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>Files that the kernel reads by itself in place of a server (FUSE passthrough, Linux 6.9): it takes them of root alone.</summary>
public static class FuseBacking
{
    // Of /dev/fuse.
    private static readonly DeviceNumber s_device = new(10, 229);

    /// <summary>Gives the kernel a file.</summary>
    /// <param name="connection">The connection of the mount: /dev/fuse, and nothing else is asked to take it.</param>
    /// <param name="file">The file, open for reading.</param>
    /// <returns>The kernel's number of it, at least 1.</returns>
    /// <exception cref="LinuxException">The kernel does not take it.</exception>
    public static int Open(FileDescriptor connection, FileDescriptor file)
    {
        var map = new FuseBackingMap { Descriptor = file.Number };
        return Control(connection, FuseProtocol.OpenBacking, MemoryMarshal.AsBytes(new Span<FuseBackingMap>(ref map)));
    }

    /// <summary>Has the kernel forget a file; who has it open goes on reading.</summary>
    /// <param name="connection">The connection of the mount.</param>
    /// <param name="number">The kernel's number of the file.</param>
    /// <exception cref="LinuxException">There is none (ENOENT).</exception>
    public static void Close(FileDescriptor connection, int number)
    {
        _ = Control(connection, FuseProtocol.CloseBacking, MemoryMarshal.AsBytes(new Span<int>(ref number)));
    }

    private static int Control(FileDescriptor connection, uint request, Span<byte> argument)
    {
        FileStatus status = Files.Status(connection);
        Errno errno = Errno.ENOTTY;
        int result = status.IsCharacterDevice && status.Device == s_device ? Descriptors.Control(connection, request, argument, out errno) : -1;
        return result >= 0 ? result : throw new LinuxException("ioctl", errno, "a file that the kernel is to read by itself");
    }
}
