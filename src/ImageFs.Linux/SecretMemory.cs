using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// Memory for keys. It is kept out of swap space (where the limit of locked memory allows it) and of core dumps, and is cleared before it is
/// given back. A process that has any leaves no core dump at all: libraries that work with a key keep parts of it elsewhere.
/// </summary>
public sealed unsafe class SecretMemory : SafeHandle
{
    private const int PrSetDumpable = 4;
    private const int AdviseDontDump = 16;

    private readonly int _mapped;

    /// <summary>Takes zeroed memory.</summary>
    /// <param name="length">Bytes; at least 0.</param>
    /// <exception cref="LinuxException">There is not enough memory.</exception>
    public SecretMemory(int length)
        : base(-1, ownsHandle: true)
    {
        Length = length;
        _mapped = checked(Math.Max(1, length) + PageBuffer.PageSize - 1) / PageBuffer.PageSize * PageBuffer.PageSize;
        void* address = mmap(null, _mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (address == MAP_FAILED)
        {
            throw LinuxException.Last("mmap");
        }

        SetHandle((nint)address);
        _ = MoreLibc.prctl(PrSetDumpable, 0, 0, 0, 0);
        _ = MoreLibc.madvise(address, (nuint)_mapped, AdviseDontDump);
        IsLocked = MoreLibc.mlock(address, (nuint)_mapped) == 0;
    }

    /// <summary>Length in bytes.</summary>
    public int Length { get; }

    /// <summary>Whether it cannot be written to swap space.</summary>
    public bool IsLocked { get; }

    /// <summary>The memory; it is good only while this object is not disposed.</summary>
    public Span<byte> Span => IsClosed ? [] : new((void*)handle, Length);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <inheritdoc/>
    protected override bool ReleaseHandle()
    {
        // The compiler leaves out what nothing reads afterwards, but not a call into the C library.
        MoreLibc.explicit_bzero((void*)handle, (nuint)_mapped);
        return munmap((void*)handle, _mapped) == 0;
    }
}
