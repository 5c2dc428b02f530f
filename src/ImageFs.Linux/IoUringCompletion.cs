using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct io_uring_cqe</c> of linux/io_uring.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringCompletion
{
    public ulong UserData;
    public int Res;
    public uint Flags;
}
