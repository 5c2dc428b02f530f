using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Tests.Fuse.Mounting;

/// <summary>Whoever cannot mount is told what is missing and what to do.</summary>
[NonParallelizable]
public sealed class MountAdviceTests
{
    [Test]
    public void The_message_says_what_next()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(MountAdvice.NoDevice(Errno.ENOENT).Message, Does.Contain("/dev/fuse does not exist").And.Contain("--device /dev/fuse"));
            Assert.That(MountAdvice.NoHelper("mount: no").Message, Does.StartWith("mount: no; ").And.Contain("apt install fuse3"));
            Assert.That(MountAdvice.MountFailed("/mnt", Errno.ENODEV).Message, Does.Contain("modprobe fuse"));
            Assert.That(MountAdvice.InUse("/mnt", []).Message, Does.Contain("in use").And.Contain("imagefs umount -z /mnt"));
            Assert.That(MountAdvice.InUse("/mnt", ["a (1)", "b (2)"]).Message, Does.Contain("in use by a (1), b (2):"));
            Assert.That(MountAdvice.InUse("/mnt", [.. Enumerable.Repeat("a", 30)]).Message, Does.Contain(" and 22 more:"));
            Assert.That(
                MountAdvice.HelperRefused("fusermount3", "option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf").Message,
                Does.Contain("leave allow_other out"));
            Assert.That(
                MountAdvice.HelperRefused("fusermount3", "fusermount3: failed to open /dev/fuse: Permission denied").Message,
                Does.Contain("chmod 666 /dev/fuse"));
            Assert.That(MountAdvice.HelperRefused("fusermount3", string.Empty).Message, Does.Contain("without saying why"));
            Assert.That(
                MountAdvice.HelperRefused("fusermount3", "fusermount3: failed to open /etc/mtab: No such file or directory\nfusermount3: it did not work").Message,
                Is.EqualTo("fusermount3: failed to open /etc/mtab: No such file or directory; fusermount3: it did not work: as root, ln -s /proc/self/mounts /etc/mtab"));
            Assert.That(MountAdvice.HelperRefused("fusermount3", "fusermount3: entry for /mnt/user not found in /etc/mtab").Message, Does.EndWith(": it is another user's mount, or none"));
        }
    }

    [TestCase("option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf", ExpectedResult = true)]
    [TestCase("fusermount3: user has no write access to mountpoint /mnt", ExpectedResult = true)]
    [TestCase("fusermount3: mounting over filesystem type 0x009fa0 is forbidden", ExpectedResult = true)]
    [TestCase("fusermount3: mount failed: Operation not permitted", ExpectedResult = true)]
    [TestCase("fusermount3: too many FUSE filesystems mounted; mount_max=N can be set in /etc/fuse.conf", ExpectedResult = false)]
    [TestCase("fusermount3: mount failed: Invalid argument", ExpectedResult = false)]
    public bool Want_of_permission_is_known(string message) => MountAdvice.HelperRefused("fusermount3", message).IsPermission;

    [Test]
    public void The_helper_that_the_environment_names_is_the_only_one()
    {
        Environment.SetEnvironmentVariable("FUSERMOUNT_PROG", "/nowhere/fusermount");
        try
        {
            Assert.That(FuserMount.Candidates, Is.EqualTo(new[] { "/nowhere/fusermount" }));
            Assert.That(FuserMount.TryRun("/nowhere/fusermount", "-V"), Is.Null);
            Assert.That(MountAdvice.NoHelper("mount: no").Message, Does.Contain("FUSERMOUNT_PROG"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FUSERMOUNT_PROG", null);
        }
    }

    [Test]
    [CancelAfter(10_000)]
    public void What_the_helper_says_is_kept()
    {
        FuserMount.Outcome outcome = FuserMount.TryRun("sh", "-c", "echo no luck >&2; exit 3")!;
        Assert.That(outcome, Is.EqualTo(new FuserMount.Outcome(null, false, "no luck")));
    }

    [Test]
    [CancelAfter(10_000)]
    public void The_descriptor_that_the_helper_sends_is_open()
    {
        const string script = "import array, os, socket; s = socket.socket(fileno=int(os.environ['_FUSE_COMMFD'])); "
            + "s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [os.open('/dev/null', os.O_RDWR)]))])";
        FuserMount.Outcome outcome = FuserMount.TryRun("python3", "-c", script)!;
        Assert.That(outcome.IsSuccess, Is.True, outcome.Message);
        using FileDescriptor descriptor = outcome.Connection!;
        Assert.That(new FileInfo($"/proc/self/fd/{descriptor.Number}").LinkTarget, Is.EqualTo("/dev/null"));
    }
}
