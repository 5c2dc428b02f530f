namespace ImageFs.Linux;

/// <summary>Flags of umount2(2) (sys/mount.h).</summary>
[Flags]
public enum UnmountFlags
{
    /// <summary>None: fails with EBUSY while the mount is in use.</summary>
    None = 0,

    /// <summary>MNT_FORCE: of FUSE, aborts the connection first.</summary>
    Force = 1,

    /// <summary>MNT_DETACH: out of the tree at once, gone when it is no longer in use.</summary>
    Detach = 2,

    /// <summary>
    /// MNT_EXPIRE: EAGAIN the first time, and once more after anybody went through the mount; done the time after that if nobody did.
    /// </summary>
    Expire = 4,

    /// <summary>UMOUNT_NOFOLLOW: a symbolic link is not followed.</summary>
    NoFollow = 8,
}
