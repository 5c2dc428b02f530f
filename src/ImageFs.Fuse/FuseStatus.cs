using System.Text;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>Asks a mount for its status, by an ioctl on its root directory: no socket, no file, and the kernel checks who may.</summary>
public static class FuseStatus
{
    // The size of an ioctl's argument has 14 bits, and 0 in them is not 16384.
    private const int MaxLength = 16380;

    /// <summary><c>_IOR('I', 0x46, char[16380])</c>; it returns the bytes of UTF-8 JSON that it put there.</summary>
    internal const uint Request = (2u << 30) | (MaxLength << 16) | ((uint)'I' << 8) | 0x46;

    /// <summary>The status of the mount on a directory, as JSON.</summary>
    /// <param name="directory">The mount point.</param>
    /// <exception cref="FuseMountException">It is not a mount of ImageFs, or does not answer.</exception>
    public static string Query(string directory)
    {
        using FileDescriptor? descriptor = Files.TryOpen(directory, OpenFlags.ReadOnly | OpenFlags.NonBlocking, out Errno errno);
        if (descriptor is null)
        {
            throw new FuseMountException($"{directory}: {LinuxException.Text(errno)}");
        }

        byte[] text = new byte[MaxLength];
        int length = Descriptors.Control(descriptor, Request, text, out errno);
        return errno switch
        {
            Errno.None => Encoding.UTF8.GetString(text, 0, length),
            Errno.ENOTTY or Errno.ENOSYS or Errno.EINVAL or Errno.EOPNOTSUPP =>
                throw new FuseMountException($"{directory}: not an imagefs mount"),
            _ => throw new FuseMountException($"{directory}: no answer from the mount: {LinuxException.Text(errno)}"),
        };
    }
}
