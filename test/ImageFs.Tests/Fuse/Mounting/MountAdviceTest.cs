using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Tests.Fuse.Mounting;

/// <summary>Whoever cannot mount is told what is missing and what to do.</summary>
[NonParallelizable]
public sealed class MountAdviceTest
{
    [Test]
    public void TheMessageSaysWhatNext()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(MountAdvice.NoDevice(Errno.ENOENT), Does.Contain("/dev/fuse does not exist").And.Contain("--device /dev/fuse"));
            Assert.That(MountAdvice.NoHelper("mount: no"), Does.StartWith("mount: no; ").And.Contain("apt install fuse3"));
            Assert.That(MountAdvice.MountFailed("/mnt", Errno.ENODEV), Does.Contain("modprobe fuse"));
            Assert.That(MountAdvice.UnmountFailed("/mnt", Errno.EBUSY), Does.Contain("in use").And.Contain("fuser -vm /mnt"));
            Assert.That(
                MountAdvice.HelperRefused("fusermount3", "option allow_other only allowed if 'user_allow_other' is set in /etc/fuse.conf"),
                Does.Contain("leave allow_other out"));
            Assert.That(
                MountAdvice.HelperRefused("fusermount3", "fusermount3: failed to open /dev/fuse: Permission denied"),
                Does.Contain("chmod 666 /dev/fuse"));
            Assert.That(MountAdvice.HelperRefused("fusermount3", string.Empty), Does.Contain("without saying why"));
        }
    }

    [Test]
    public void TheHelperThatTheEnvironmentNamesIsTheOnlyOne()
    {
        Environment.SetEnvironmentVariable("FUSERMOUNT_PROG", "/nowhere/fusermount");
        try
        {
            Assert.That(FuserMount.Candidates, Is.EqualTo(new[] { "/nowhere/fusermount" }));
            Assert.That(FuserMount.TryRun("/nowhere/fusermount", "-V"), Is.Null);
            Assert.That(MountAdvice.NoHelper("mount: no"), Does.Contain("FUSERMOUNT_PROG"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("FUSERMOUNT_PROG", null);
        }
    }

    [Test]
    [CancelAfter(10_000)]
    public void WhatTheHelperSaysIsKept()
    {
        FuserMount.Outcome outcome = FuserMount.TryRun("sh", "-c", "echo no luck >&2; exit 3")!;
        Assert.That(outcome, Is.EqualTo(new FuserMount.Outcome(null, false, "no luck")));
    }

    [Test]
    [CancelAfter(10_000)]
    public void TheDescriptorThatTheHelperSendsIsOpen()
    {
        const string script = "import array, os, socket; s = socket.socket(fileno=int(os.environ['_FUSE_COMMFD'])); "
            + "s.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [os.open('/dev/null', os.O_RDWR)]))])";
        FuserMount.Outcome outcome = FuserMount.TryRun("python3", "-c", script)!;
        Assert.That(outcome.IsSuccess, Is.True, outcome.Message);
        using FileDescriptor descriptor = outcome.Connection!;
        Assert.That(new FileInfo($"/proc/self/fd/{descriptor.Number}").LinkTarget, Is.EqualTo("/dev/null"));
    }
}
