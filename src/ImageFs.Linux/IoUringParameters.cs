using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct io_uring_params</c> of linux/io_uring.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct IoUringParameters
{
    public uint SqEntries;
    public uint CqEntries;
    public uint Flags;
    public uint SqThreadCpu;
    public uint SqThreadIdle;
    public uint Features;
    public uint WqFd;
    public uint Resv0;
    public uint Resv1;
    public uint Resv2;
    public IoUringSubmissionOffsets SqOff;
    public IoUringCompletionOffsets CqOff;
}
