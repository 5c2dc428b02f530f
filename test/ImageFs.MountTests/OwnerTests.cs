using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Who owns what a mount shows, and who may look into it.</summary>
[BuiltToo]
internal sealed class OwnerTests
{
    [TestCase("sample", "norock,")]
    [TestCase("fat/fat16", "")]
    [TestCase("exfat/filled", "")]
    [TestCase("udf/hd102", "")]
    [TestCase("ext/inline", "")]
    public void Owner_and_group_are_given_by_name(string image, string options)
    {
        using var mount = ImageMount.Mount(TestImages.Get(image), $"{options}uid=daemon,gid=bin");
        Assert.That(Tool.Run("stat", "-c", "%U:%G", mount.Directory).Succeeded().Text, Is.EqualTo("daemon:bin\n"));
    }

    [TestCase("ext/inline", "")]
    [TestCase("sample", "norock,mode=0777,dmode=0777,")]
    [TestCase("udf/hd201", "mode=0777,dmode=0777,")]
    [TestCase("fat/fat16", "")]
    [TestCase("exfat/filled", "")]
    public void Masks_take_permissions_from_files_and_from_directories(string image, string options)
    {
        using var mount = ImageMount.Mount(TestImages.Get(image), $"{options}fmask=0137,dmask=0027");
        string script = "find \"$1\" -type f -perm /0137 -o -type d -perm /0027";
        Assert.That(Tool.Shell(script, mount.Directory).Succeeded().Text, Is.Empty);
        Assert.That(Tool.Shell("find \"$1\" -type f -perm -0400; find \"$1\" -type d -perm -0700", mount.Directory).Succeeded().Text, Is.Not.Empty);
    }

    [TestCase("uid=nosuchuser", "neither a number nor a user of this machine")]
    [TestCase("gid=nosuchgroup", "neither a number nor a group of this machine")]
    public void A_name_that_nobody_has_is_refused(string options, string reason)
    {
        (ToolResult said, bool mounted) = ImageMount.TryMount(TestImages.Get("sample"), options);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain(options).And.Contain(reason));
    }

    [TestCase("allow_other", "user_allow_other to /etc/fuse.conf")]
    [TestCase("allow_root", "user_allow_other to /etc/fuse.conf")]
    public void A_user_who_may_not_let_others_in_is_told_what_is_missing(string option, string advice)
    {
        ToolResult said = AsUser.Run($"$user \"$IMAGEFS\" mount -o {option} /mnt/image $dir 2>&1 || echo \"status $?\"");
        Assert.That(said.Succeeded().Text, Does.Contain(advice).And.EndsWith("\nstatus 1\n"));
    }

    [TestCase("", "owner\n")]
    [TestCase("-o allow_root", "owner\nroot\n")]
    [TestCase("-o allow_other", "owner\nroot\nstranger\n")]
    public void Others_get_in_as_far_as_they_are_let(string options, string readers)
    {
        // The owner comes first, so that the kernel could have kept what a stranger is not to see.
        ToolResult said = AsUser.Run(
            $"""
            $user "$IMAGEFS" mount {options} /mnt/image $dir
            look='ls $0 >/dev/null 2>&1 && stat $0/README.txt >/dev/null 2>&1 && cat $0/README.txt >/dev/null 2>&1'
            $user sh -c "$look" $dir && echo owner
            sh -c "$look" $dir && echo root
            $stranger sh -c "$look" $dir && echo stranger
            for file in $dir $dir/README.txt $dir/docs; do
              $stranger stat $file >/dev/null 2>&1 && echo "stat $file" >>/mnt/seen
              $stranger cat $file >/dev/null 2>&1 && echo "cat $file" >>/mnt/seen
            done
            $user fusermount3 -u $dir
            cat /mnt/seen >&2 || true
            """,
            "user_allow_other");
        Assert.That(said.Text, Is.EqualTo(readers));
        Assert.That(said.Error.Contains("stat /mnt/user", StringComparison.Ordinal), Is.EqualTo(readers.Contains("stranger", StringComparison.Ordinal)), said.Error);
    }

    [Test]
    public void A_mount_that_root_keeps_for_root_is_closed_to_others()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"), "allow_root");
        Assert.That(mount.List().Contains("/README.txt"));
        ToolResult said = Tool.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "ls", mount.Directory);
        Assert.That(said.Error, Does.Contain("Permission denied"));
    }

    [Test]
    public void A_user_in_a_namespace_of_his_own_needs_no_helper()
    {
        ToolResult said = AsUser.Run(
            """
            $user unshare -Urm --propagation slave bash -c '
                export FUSERMOUNT_PROG=/nowhere
                "$IMAGEFS" mount /mnt/image $0
                cat $0/README.txt >/dev/null && echo read
                "$IMAGEFS" umount $0 && echo gone' $dir
            """);
        Assert.That(said.Succeeded().Text, Is.EqualTo("read\ngone\n"));
    }
}
