using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_statx_in</c> of linux/fuse.h (7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseStatxIn
{
    public uint GetattrFlags;
    public uint Reserved;
    public ulong Fh;
    public uint SxFlags;
    public uint SxMask;
}
