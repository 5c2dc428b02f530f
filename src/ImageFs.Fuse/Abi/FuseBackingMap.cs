using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_backing_map</c> of linux/fuse.h (7.40).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseBackingMap
{
    public int Descriptor;
    public uint Flags;
    public ulong Padding;
}
