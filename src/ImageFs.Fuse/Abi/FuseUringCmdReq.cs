using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

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
