using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_sx_time</c> of linux/fuse.h (7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseSxTime
{
    public long TvSec;
    public uint TvNsec;
    public int Reserved;
}
