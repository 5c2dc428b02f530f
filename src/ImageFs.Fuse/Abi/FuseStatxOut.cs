using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_statx_out</c> of linux/fuse.h (7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseStatxOut
{
    public ulong AttrValid;
    public uint AttrValidNsec;
    public uint Flags;
    public fixed ulong Spare[2];
    public FuseStatx Stat;
}
