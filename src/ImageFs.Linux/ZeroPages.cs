namespace ImageFs.Linux;

/// <summary>
/// Zeros to hand to the kernel by reference. It is private memory that nobody ever wrote to, so each of its pages is the kernel's one
/// page of zeros: it takes address space and no memory.
/// </summary>
internal static unsafe class ZeroPages
{
    /// <summary>Bytes there are.</summary>
    internal const int Length = 1 << 20;

    private const int Read = 1; // PROT_READ
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS

    /// <summary>The first of them, at the start of a page.</summary>
    internal static readonly byte* Start = Map();

    private static byte* Map()
    {
        void* address = Libc.mmap(null, Length, Read, PrivateAnonymous, -1, 0);
        return (nint)address == -1 ? throw LinuxException.Last("mmap") : (byte*)address;
    }
}
