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
