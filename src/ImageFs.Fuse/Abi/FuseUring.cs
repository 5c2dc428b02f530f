using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_uring_ent_in_out</c> of linux/fuse.h (7.42).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseUringEntInOut
{
    public ulong Flags;
    public ulong CommitId;
    public uint PayloadSz;
    public uint Padding;
    public ulong Reserved;
}

/// <summary>
/// <c>struct fuse_uring_req_header</c> of linux/fuse.h (7.42): what a request or a reply has outside its payload. The header of
/// either, the first argument of a request, and what is about this entry of the ring.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseUringReqHeader
{
    /// <summary>FUSE_URING_IN_OUT_HEADER_SZ.</summary>
    public const int InOutSize = 128;

    /// <summary>FUSE_URING_OP_IN_OUT_SZ.</summary>
    public const int OpInSize = 128;

    public fixed byte InOut[InOutSize];
    public fixed byte OpIn[OpInSize];
    public FuseUringEntInOut RingEntInOut;
}

/// <summary><c>enum fuse_uring_cmd</c> of linux/fuse.h (7.42).</summary>
internal enum FuseUringCommand : uint
{
    Invalid = 0,
    Register = 1,
    CommitAndFetch = 2,
}

/// <summary><c>struct fuse_uring_cmd_req</c> of linux/fuse.h (7.42): the arguments of a command on a ring.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseUringCmdReq
{
    public ulong Flags;
    public ulong CommitId;
    public ushort Qid;
    public ushort Padding0;
    public ushort Padding1;
    public ushort Padding2;
}
