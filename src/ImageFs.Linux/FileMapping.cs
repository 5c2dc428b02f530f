using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// A file's or device's pages in the address space, for the kernel to read from and nobody else: where the file cannot be read the
/// kernel gives EFAULT, but the program itself would be ended by SIGBUS. So there is no way here to look at the bytes.
/// </summary>
public sealed unsafe class FileMapping : SafeHandle
{
    private const int Read = 1; // PROT_READ
    private const int Shared = 1; // MAP_SHARED

    private FileMapping(nint address, long length)
        : base(-1, ownsHandle: true)
    {
        Length = length;
        SetHandle(address);
    }

    /// <summary>Bytes mapped.</summary>
    public long Length { get; }

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>Where a byte of the file is in memory; good only while this object is.</summary>
    internal byte* this[long offset] => (byte*)handle + offset;

    /// <summary>Maps a file from its start.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="length">Bytes; at least 1.</param>
    /// <returns>Null when it cannot be mapped: no such file, or no room for it.</returns>
    public static FileMapping? TryCreate(FileDescriptor file, long length)
    {
        void* address = Libc.mmap(null, (nuint)length, Read, Shared, file, 0);
        return (nint)address == -1 ? null : new FileMapping((nint)address, length);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, (nuint)Length) == 0;
}
