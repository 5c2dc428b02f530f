namespace ImageFs.MountTests.Support;

/// <summary>
/// Runs scripts for users without privileges, with a /dev/fuse that they may open, as udev makes it: in a mount namespace of their
/// own, so that the machine's device and its /etc/fuse.conf stay as they are.
/// </summary>
internal static class AsUser
{
    // nobody, by number: the name is not the same everywhere.
    private const string Prologue =
        """
        set -e
        mount -t tmpfs none /mnt
        mknod -m 666 /mnt/fuse c 10 229
        mount --bind /mnt/fuse /dev/fuse
        echo "$FUSE_CONF" > /mnt/fuse.conf
        touch /etc/fuse.conf
        mount --bind /mnt/fuse.conf /etc/fuse.conf
        mkdir -m 755 /mnt/user; cp "$IMAGE" /mnt/image; chmod 644 /mnt/image; chown 65534 /mnt/user
        user="setpriv --reuid=65534 --regid=65534 --clear-groups"
        stranger="setpriv --reuid=65533 --regid=65533 --clear-groups"
        dir=/mnt/user

        """;

    /// <summary>Runs a bash script: <c>$user</c> and <c>$stranger</c> stand before what they do, on <c>$dir</c> with <c>/mnt/image</c>.</summary>
    /// <param name="script">The script.</param>
    /// <param name="fuseConf">What /etc/fuse.conf says.</param>
    public static ToolResult Run(string script, string fuseConf = "")
    {
        Need.Fuse();
        Need.Root();
        Need.Program("fusermount3", "fuse3");
        return Tool.Run(
            "env", $"IMAGEFS={ImageFsProgram.Path}", $"IMAGE={TestImages.Get("sample")}", $"FUSE_CONF={fuseConf}",
            "timeout", "-k", "2", Limits.Script, "unshare", "-m", "--propagation", "slave", "bash", "-c", Prologue + script);
    }
}
