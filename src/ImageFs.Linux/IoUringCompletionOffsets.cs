using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct io_cqring_offsets</c> of linux/io_uring.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCompletionOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Overflow;
    public uint Cqes;
    public uint Flags;
    public uint Resv1;
    public ulong UserAddr;
}
