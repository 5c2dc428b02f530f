using System.Runtime.InteropServices;

namespace ImageFs.Fuse.Abi;

/// <summary>
/// What kernel and server agree on in INIT: the FUSE_ flags of linux/fuse.h that ImageFs knows what to do with. The upper 32 bits
/// travel as flags2.
/// </summary>
[Flags]
public enum FuseInitFlags : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>FUSE_ASYNC_READ: readahead as requests in the background, many at once.</summary>
    AsyncRead = 1UL << 0,

    /// <summary>FUSE_EXPORT_SUPPORT: LOOKUP of "." and ".." brings back a node by its id.</summary>
    ExportSupport = 1UL << 4,

    /// <summary>FUSE_HAS_IOCTL_DIR: the kernel sends ioctls on directories.</summary>
    HasIoctlDir = 1UL << 11,

    /// <summary>FUSE_AUTO_INVAL_DATA: what is cached of a node goes when its time of change is another.</summary>
    AutoInvalData = 1UL << 12,

    /// <summary>FUSE_DO_READDIRPLUS: entries and their attributes in one answer.</summary>
    DoReaddirplus = 1UL << 13,

    /// <summary>FUSE_READDIRPLUS_AUTO: plain READDIR where nobody asks for attributes.</summary>
    ReaddirplusAuto = 1UL << 14,

    /// <summary>FUSE_NO_OPEN_SUPPORT: OPEN may be answered ENOSYS.</summary>
    NoOpenSupport = 1UL << 17,

    /// <summary>FUSE_PARALLEL_DIROPS: LOOKUP and READDIR of one directory side by side.</summary>
    ParallelDirops = 1UL << 18,

    /// <summary>FUSE_ABORT_ERROR: the device gives ECONNABORTED after an abort.</summary>
    AbortError = 1UL << 21,

    /// <summary>FUSE_MAX_PAGES: the answer has max_pages.</summary>
    MaxPages = 1UL << 22,

    /// <summary>FUSE_CACHE_SYMLINKS: READLINK is asked once.</summary>
    CacheSymlinks = 1UL << 23,

    /// <summary>FUSE_NO_OPENDIR_SUPPORT: OPENDIR may be answered ENOSYS.</summary>
    NoOpendirSupport = 1UL << 24,

    /// <summary>FUSE_EXPLICIT_INVAL_DATA: cached pages stay whatever the attributes say.</summary>
    ExplicitInvalData = 1UL << 25,

    /// <summary>FUSE_INIT_EXT: flags2 is there (7.36).</summary>
    InitExt = 1UL << 30,

    /// <summary>FUSE_PASSTHROUGH: the kernel reads files by itself for which OPEN names a backing file (7.40).</summary>
    Passthrough = 1UL << 37,

    /// <summary>FUSE_ALLOW_IDMAP: the mount may be idmapped (7.42); with default_permissions only.</summary>
    AllowIdmap = 1UL << 40,

    /// <summary>FUSE_OVER_IO_URING: requests come by io_uring (7.42), once every processor's queue is registered.</summary>
    OverIoUring = 1UL << 41,
}

/// <summary><c>struct fuse_init_in</c> of linux/fuse.h; its first 16 bytes before 7.36.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseInitIn
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public uint Flags2;
    public fixed uint Unused[11];
}

/// <summary><c>struct fuse_init_out</c> of linux/fuse.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FuseInitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGran;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
    public uint MaxStackDepth;
    public ushort RequestTimeout;
    public fixed ushort Unused[11];
}
