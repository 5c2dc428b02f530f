using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// Zeros to hand to the kernel by reference. It is private memory that nobody ever wrote to, so each of its pages is the kernel's one
/// page of zeros: it takes address space and no memory.
/// </summary>
internal static unsafe class ZeroPages
{
    /// <summary>Bytes there are.</summary>
    internal const int Length = 1 << 20;

    /// <summary>The first of them, at the start of a page.</summary>
    internal static readonly byte* Start = Map();

    private static byte* Map()
    {
        void* address = mmap(null, Length, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        return address == MAP_FAILED ? throw LinuxException.Last("mmap") : (byte*)address;
    }
}
