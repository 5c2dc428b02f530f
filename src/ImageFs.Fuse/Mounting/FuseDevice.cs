using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>/dev/fuse.</summary>
internal static class FuseDevice
{
    private const string Path = "/dev/fuse";

    /// <summary>Opens /dev/fuse.</summary>
    public static FileDescriptor? TryOpen(out Errno errno) => Files.TryOpen(Path, OpenFlags.ReadWrite, out errno);

    /// <summary>
    /// A second descriptor of a connection: requests are taken from one queue, but what is read from a descriptor waits for its
    /// reply there, without getting into the others' way.
    /// </summary>
    /// <returns>Null when there is none: the device may be closed to a user whose connection fusermount3 made.</returns>
    public static FileDescriptor? TryClone(FileDescriptor connection)
    {
        FileDescriptor? clone = TryOpen(out _);
        uint number = (uint)connection.Number;
        if (clone is not null &&
            Descriptors.Control(clone, FuseProtocol.CloneDevice, MemoryMarshal.AsBytes(new Span<uint>(ref number)), out _) < 0)
        {
            clone.Dispose();
            clone = null;
        }

        return clone;
    }
}
