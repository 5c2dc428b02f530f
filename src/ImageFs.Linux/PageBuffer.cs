using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// Page-aligned native memory that the kernel may hold pages of. It is a shared mapping: a fork never copies its pages on
/// write, so what a pipe refers to stays the page that the program sees.
/// </summary>
public sealed unsafe class PageBuffer : SafeHandle
{
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int SharedAnonymous = 0x21; // MAP_SHARED | MAP_ANONYMOUS

    /// <summary>Maps zeroed memory.</summary>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public PageBuffer(int length)
        : base(-1, ownsHandle: true)
    {
        Length = checked((length + PageSize - 1) / PageSize * PageSize);
        void* address = Libc.mmap(null, (nuint)Length, ReadWrite, SharedAnonymous, -1, 0);
        if ((nint)address == -1)
        {
            throw LinuxException.Last("mmap");
        }

        SetHandle((nint)address);
    }

    /// <summary>Bytes in a page of this machine: also what one slot of a pipe holds.</summary>
    public static int PageSize { get; } = Environment.SystemPageSize;

    /// <summary>Length in bytes.</summary>
    public int Length { get; }

    /// <summary>The memory; it is good only while this object is not disposed.</summary>
    public Span<byte> Span => new((void*)handle, Length);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.munmap((void*)handle, (nuint)Length) == 0;
}
