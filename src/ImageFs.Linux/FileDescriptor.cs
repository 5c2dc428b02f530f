using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>An open file descriptor, closed when disposed.</summary>
public sealed class FileDescriptor : SafeHandle
{
    /// <summary>An invalid descriptor, for the marshaller to fill.</summary>
    public FileDescriptor()
        : base(-1, ownsHandle: true)
    {
    }

    /// <summary>Wraps a descriptor number.</summary>
    /// <param name="descriptor">The number.</param>
    /// <param name="ownsHandle">Whether disposing closes it.</param>
    public FileDescriptor(int descriptor, bool ownsHandle = true)
        : base(-1, ownsHandle) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The number, for messages and for /proc/self/fd; it is good only while this object is.</summary>
    public int Number => (int)handle;

    /// <summary>Keeps it open until what this returns is disposed, whoever disposes the descriptor meanwhile: for calls with its number.</summary>
    /// <exception cref="ObjectDisposedException">It is closed already.</exception>
    internal DescriptorInUse Use() => new(this);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;
}
