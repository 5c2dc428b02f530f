namespace ImageFs.Fuse.Abi;

/// <summary>Numbers of linux/fuse.h that stand alone.</summary>
internal static class FuseProtocol
{
    /// <summary>FUSE_KERNEL_VERSION.</summary>
    public const uint Major = 7;

    /// <summary>FUSE_KERNEL_MINOR_VERSION of the newest interface known: kernel 6.18.</summary>
    public const uint NewestMinor = 45;

    /// <summary>The oldest interface served: kernel 5.4, of 2019.</summary>
    public const uint OldestMinor = 31;

    /// <summary>FUSE_ROOT_ID: the number of the root directory.</summary>
    public const ulong RootId = 1;

    /// <summary>FUSE_MIN_READ_BUFFER: the device refuses to be read with less.</summary>
    public const int MinReadBuffer = 8192;

    /// <summary>FUSE_DEV_IOC_CLONE.</summary>
    public const uint CloneDevice = 0x8004E500;

    /// <summary>FUSE_DEV_IOC_BACKING_OPEN, of a <see cref="FuseBackingMap"/> (7.40).</summary>
    public const uint OpenBacking = 0x4010E501;

    /// <summary>FUSE_DEV_IOC_BACKING_CLOSE, of the number that <see cref="OpenBacking"/> gave.</summary>
    public const uint CloseBacking = 0x4004E502;

    /// <summary>FUSE_IOCTL_DIR: the ioctl is on a directory.</summary>
    public const uint IoctlOnDirectory = 1 << 4;

    /// <summary>FUSE_NOTIFY_STORE, in the place of the error of a message that answers no request.</summary>
    public const int NotifyStore = 4;

    /// <summary>SEEK_DATA of lseek(2).</summary>
    public const uint SeekData = 3;

    /// <summary>SEEK_HOLE of lseek(2).</summary>
    public const uint SeekHole = 4;

    /// <summary>Longest name that every kernel takes in a directory (FUSE_NAME_MAX up to 6.13): a longer one is EIO for the whole directory.</summary>
    public const int MaxNameLength = 1024;

    /// <summary>Names and records in a directory reply begin at multiples of this (FUSE_DIRENT_ALIGN).</summary>
    public const int DirentAlignment = 8;
}
