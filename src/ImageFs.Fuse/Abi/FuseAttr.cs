using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary><c>struct fuse_attr</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttr
{
    /// <summary>st_ino.</summary>
    public ulong Ino;

    /// <summary>Size in bytes.</summary>
    public ulong Size;

    /// <summary>Space taken, in units of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>Last access, seconds since 1970; a negative number in two's complement.</summary>
    public ulong Atime;

    /// <summary>Last change of contents, seconds since 1970.</summary>
    public ulong Mtime;

    /// <summary>Last change of attributes, seconds since 1970.</summary>
    public ulong Ctime;

    /// <summary>Nanoseconds of the last access.</summary>
    public uint AtimeNsec;

    /// <summary>Nanoseconds of the last change of contents.</summary>
    public uint MtimeNsec;

    /// <summary>Nanoseconds of the last change of attributes.</summary>
    public uint CtimeNsec;

    /// <summary>Type and permissions, as st_mode.</summary>
    public uint Mode;

    /// <summary>Number of hard links.</summary>
    public uint Nlink;

    /// <summary>Owner.</summary>
    public uint Uid;

    /// <summary>Group.</summary>
    public uint Gid;

    /// <summary>The device, for device nodes: minor's low 8 bits, major from bit 8, minor's rest from bit 20 (the kernel's new_encode_dev).</summary>
    public uint Rdev;

    /// <summary>Preferred I/O size in bytes.</summary>
    public uint Blksize;

    /// <summary>FUSE_ATTR_ flags (7.32).</summary>
    public uint Flags;
}

/// <summary><c>struct fuse_attr_out</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseAttrOut
{
    public ulong AttrValid;
    public uint AttrValidNsec;
    public uint Dummy;
    public FuseAttr Attr;
}

/// <summary><c>struct fuse_entry_out</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseEntryOut
{
    public ulong Nodeid;
    public ulong Generation;
    public ulong EntryValid;
    public ulong AttrValid;
    public uint EntryValidNsec;
    public uint AttrValidNsec;
    public FuseAttr Attr;
}
