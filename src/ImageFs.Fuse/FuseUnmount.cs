using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>Unmounts what another process serves, or served before it died.</summary>
public static class FuseUnmount
{
    /// <summary>Unmounts, by umount2(2) where that is permitted, else by fusermount3.</summary>
    /// <param name="mountPoint">The mount point; it is not looked into, so a dead mount does not hang the caller.</param>
    /// <param name="lazy">True to take it out of the tree now and end it when it is no longer in use; false to fail while it is in
    /// use.</param>
    /// <exception cref="FuseMountException">It cannot be unmounted: it is in use, or not mounted.</exception>
    public static void Run(string mountPoint, bool lazy)
    {
        Errno errno = Mounts.Unmount(mountPoint, UnmountFlags.NoFollow | (lazy ? UnmountFlags.Detach : UnmountFlags.None));
        if (errno == Errno.EPERM)
        {
            DelegatedMount.Unmount(mountPoint, lazy);
        }
        else if (errno != Errno.None)
        {
            throw MountAdvice.UnmountFailed(MountCalls.Own, mountPoint, errno);
        }
    }
}
