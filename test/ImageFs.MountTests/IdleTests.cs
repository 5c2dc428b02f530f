using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary><c>timeout=</c>: a mount that nobody uses goes by itself.</summary>
/// <remarks>It is about time: a use that comes late on a loaded machine is none.</remarks>
[BuiltToo]
[NonParallelizable]
internal sealed class IdleTests
{
    [Test]
    public void It_goes_when_nobody_uses_it_and_its_server_with_it()
    {
        var since = Stopwatch.StartNew();
        using var mount = ImageMount.Mount(TestImages.Get("sample"), "timeout=2");
        int server = Processes.ServerOf(mount.Directory);
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "still mounted");
        Assert.That(since.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(2)));
        Assert.That(ImageMount.Eventually(() => !Processes.IsRunning(server)), "still running");
    }

    [TestCase("exec 3<\"$1/README.txt\"; sleep 3; grep -c \" $1 \" /proc/self/mountinfo", TestName = "It_stays_while_a_file_is_open")]
    [TestCase("cd \"$1\"; sleep 3; grep -c \" $1 \" /proc/self/mountinfo", TestName = "It_stays_while_somebody_is_in_it")]
    [TestCase(
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do stat \"$1/README.txt\" >/dev/null; sleep 0.3; done; grep -c \" $1 \" /proc/self/mountinfo",
        TestName = "It_stays_while_the_kernels_caches_are_used")]
    public void It_stays(string script)
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"), "timeout=2");
        Assert.That(Tool.Shell(script, mount.Directory).Succeeded().Text, Is.EqualTo("1\n"));
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted), "still mounted");
    }

    [Test]
    public void A_users_mount_goes_as_well()
    {
        ToolResult said = AsUser.Run(
            """
            $user "$IMAGEFS" mount -o timeout=2 /mnt/image $dir
            $user sh -c "sleep 3 < $dir/README.txt"
            grep -c " $dir " /proc/self/mountinfo
            for i in $(seq 1200); do grep -q " $dir " /proc/self/mountinfo || break; sleep 0.1; done
            grep -c " $dir " /proc/self/mountinfo || true
            """);
        Assert.That(said.Succeeded().Text, Is.EqualTo("1\n0\n"));
    }
}
