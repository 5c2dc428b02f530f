using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct io_sqring_offsets</c> of linux/io_uring.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringSubmissionOffsets
{
    public uint Head;
    public uint Tail;
    public uint RingMask;
    public uint RingEntries;
    public uint Flags;
    public uint Dropped;
    public uint Array;
    public uint Resv1;
    public ulong UserAddr;
}
