using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary><c>struct io_uring_sqe</c> of linux/io_uring.h, as large as IORING_SETUP_SQE128 makes it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoUringSubmission
{
    /// <summary>Bytes of a command (IORING_OP_URING_CMD).</summary>
    public const int CommandSize = 80;

    public byte Opcode;
    public byte Flags;
    public ushort Ioprio;
    public int Fd;
    public ulong Off;
    public ulong Addr;
    public uint Len;
    public uint RwFlags;
    public ulong UserData;
    public ushort BufIndex;
    public ushort Personality;
    public uint FileIndex;
    public fixed byte Cmd[CommandSize];
}
