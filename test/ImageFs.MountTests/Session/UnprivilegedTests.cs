using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Session;

/// <summary>
/// Mounting without privileges, with a /dev/fuse that users may open, as udev makes it: in a mount namespace of the test's own, so
/// that the machine's device stays as it is.
/// </summary>
[BuiltToo]
public sealed class UnprivilegedTests : FuseDeviceFixture
{
    private const string Prologue =
        """
        set -e
        mount -t tmpfs none /mnt
        mknod -m 666 /mnt/fuse c 10 229
        mount --bind /mnt/fuse /dev/fuse
        mkdir -m 755 /mnt/user; cp "$IMAGE" /mnt/image; chmod 644 /mnt/image; chown 65534 /mnt/user
        user="setpriv --reuid=65534 --regid=65534 --clear-groups"
        dir=/mnt/user

        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void Fusermount_mounts_for_a_user()
    {
        string output = Run(
            """
            $user "$IMAGEFS" mount -f /mnt/image $dir &
            until grep -q " $dir " /proc/self/mountinfo; do sleep 0.1; done
            grep " $dir " /proc/self/mountinfo | grep -o "fuse.imagefs.*user_id=[0-9]*"
            $user find $dir -type f -exec cat {} + > /dev/null && echo read
            ls $dir 2>&1 | grep -o "Permission denied"
            $user fusermount3 -u $dir
            wait
            grep -c " $dir " /proc/self/mountinfo || true
            """);
        Assert.That(output, Is.EqualTo("fuse.imagefs /mnt/image ro,user_id=65534\nread\nPermission denied\n0"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void The_refusal_of_fusermount_is_passed_on()
    {
        string output = Run("$user \"$IMAGEFS\" mount -o allow_other /mnt/image $dir 2>&1 || true");
        Assert.That(output, Does.Contain("user_allow_other").And.Contain("leave allow_other out"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_user_namespace_needs_no_helper()
    {
        string output = Run(
            """
            $user unshare -Urm --propagation slave bash -c '
                FUSERMOUNT_PROG=/nowhere "$IMAGEFS" mount -f /mnt/image $0 &
                until grep -q " $0 " /proc/self/mountinfo; do sleep 0.1; done
                find $0 -type f -exec cat {} + > /dev/null && echo read
                umount $0
                wait && echo ended' $dir
            """);
        Assert.That(output, Is.EqualTo("read\nended"));
    }

    private static string Run(string script) => Shell.Output(
        $"export IMAGEFS='{ImageFsProgram.Path}' IMAGE='{TestImages.Get("deep-xorriso")}'\nunshare -m --propagation slave bash <<'END'\n{Prologue}{script}\nEND");
}
