using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Mounts and unmounts in a row leave nothing behind.</summary>
[NonParallelizable]
internal sealed class ManyMountsTests
{
    private const int Rounds = 50;
    private const int UserRounds = 10;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    [Test]
    [CancelAfter(Limits.Test)]
    public void Fifty_in_a_row_leave_nothing()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        const string Script =
            """
            image=$1 dir=$2 imagefs=$3
            for i in $(seq "$4"); do
              "$imagefs" mount "$image" "$dir" || exit 1
              cat "$dir/README.txt" >/dev/null || exit 2
              if [ $((i % 2)) = 0 ]; then umount "$dir"; else "$imagefs" umount "$dir"; fi || exit 3
            done
            """;
        int connections = Connections();
        Tool.Run(Tool.Start("sh", "-c", Script, "sh", mount.Image, mount.Directory, ImageFsProgram.Path, $"{Rounds}"), s_limit).Succeeded();
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(ImageMount.Eventually(() => ProcessTable.Find("imagefs", mount.Directory).Length == 0), "servers are left");
        Assert.That(ImageMount.Eventually(() => Connections() <= connections), "connections of the kernel are left");
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Ten_of_a_user_leave_nothing()
    {
        ToolResult said = AsUser.Run(
            $"""
            for i in $(seq {UserRounds}); do
              $user "$IMAGEFS" /mnt/image $dir
              cat $dir/README.txt >/dev/null 2>&1 || $user cat $dir/README.txt >/dev/null
              $user "$IMAGEFS" umount $dir
            done
            grep -c " $dir " /proc/self/mountinfo || true
            pgrep -fc "server.* $dir " || true
            """);
        Assert.That(said.Succeeded().Text, Is.EqualTo("0\n0\n"));
    }

    // A FUSE connection that is in use has a folder of its own here.
    private static int Connections() =>
        MountTable.IsMounted("/sys/fs/fuse/connections") ? Directory.GetDirectories("/sys/fs/fuse/connections").Length : 0;
}
