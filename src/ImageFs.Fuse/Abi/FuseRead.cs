using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_open_out</c> of linux/fuse.h, of OPEN and OPENDIR; its last field was padding before 7.40.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseOpenOut
{
    public ulong Fh;
    public uint OpenFlags;
    public int BackingId;
}

/// <summary><c>struct fuse_read_in</c> of linux/fuse.h, of READ, READDIR and READDIRPLUS.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseReadIn
{
    public ulong Fh;
    public ulong Offset;
    public uint Size;
    public uint ReadFlags;
    public ulong LockOwner;
    public uint Flags;
    public uint Padding;
}

/// <summary><c>struct fuse_lseek_in</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseLseekIn
{
    public ulong Fh;
    public ulong Offset;
    public uint Whence;
    public uint Padding;
}

/// <summary><c>struct fuse_lseek_out</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseLseekOut
{
    public ulong Offset;
}
