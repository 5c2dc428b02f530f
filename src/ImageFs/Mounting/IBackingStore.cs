using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>Who makes files of Linux's own, and gives them to the kernel: it has the rights of root, and sees no byte of an image. Not safe from several threads.</summary>
internal interface IBackingStore : IDisposable
{
    /// <summary>Takes a device that files lie on.</summary>
    /// <param name="device">An image file, open for reading.</param>
    /// <returns>Its number; null where files on it are served.</returns>
    /// <exception cref="LinuxException">Linux does not take it.</exception>
    int? TryAddDevice(FileDescriptor device);

    /// <summary>Adds a file.</summary>
    /// <param name="device">The number of its device.</param>
    /// <param name="plan">Where its bytes lie there (<see cref="Manifest.Engine.BackingPlan"/>).</param>
    /// <returns>Its number; null where it is served.</returns>
    /// <exception cref="LinuxException">There is no memory for it.</exception>
    int? TryAddFile(int device, ReadOnlySpan<byte> plan);

    /// <summary>Has the kernel know a file.</summary>
    /// <param name="connection">The connection of the mount.</param>
    /// <param name="file">The file's number.</param>
    /// <returns>The kernel's number of it.</returns>
    /// <exception cref="LinuxException">The kernel does not take it.</exception>
    int Open(FileDescriptor connection, int file);

    /// <summary>Has the kernel forget one.</summary>
    /// <param name="connection">The connection of the mount.</param>
    /// <param name="number">The kernel's number of it.</param>
    /// <exception cref="LinuxException">The kernel has none by that number.</exception>
    void Close(FileDescriptor connection, int number);
}
