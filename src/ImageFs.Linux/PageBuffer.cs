using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// Page-aligned native memory that the kernel may hold pages of. Mostly it is a shared mapping: a fork never copies its pages on
/// write, so what a pipe refers to stays the page that the program sees.
/// </summary>
public sealed unsafe class PageBuffer : SafeHandle
{
    /// <summary>Maps zeroed memory.</summary>
    /// <param name="length">Bytes; rounded up to whole pages.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public PageBuffer(int length)
        : this(length, MAP_SHARED)
    {
    }

    private PageBuffer(int length, int kind)
        : base(-1, ownsHandle: true)
    {
        Length = checked((length + PageSize - 1) / PageSize * PageSize);
        void* address = mmap(null, Length, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);
        if (address == MAP_FAILED)
        {
            throw LinuxException.Last("mmap");
        }

        SetHandle((nint)address);
    }

    /// <summary>
    /// Maps zeroed memory in large pages, where the kernel has them, for what is written all over: it is looked up in fewer tables. It is a
    /// private mapping: no pipe may refer to it.
    /// </summary>
    /// <inheritdoc cref="PageBuffer(int)"/>
    public static PageBuffer InLargePages(int length)
    {
        var buffer = new PageBuffer(length, MAP_PRIVATE);

        // Advice only.
        _ = madvise((void*)buffer.handle, buffer.Length, MADV_HUGEPAGE);
        return buffer;
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
    protected override bool ReleaseHandle() => munmap((void*)handle, Length) == 0;
}
