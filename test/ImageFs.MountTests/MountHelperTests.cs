using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary><c>mount -t imagefs</c>, and the helper that it calls: /sbin/mount.imagefs, which is there for as long as these tests run.</summary>
[BuiltToo]
[NonParallelizable]
internal sealed class MountHelperTests
{
    private const int Usage = 1;
    private const int MountFailure = 32;
    private const string Helper = "/sbin/mount.imagefs";
    private const string Program = "/usr/local/bin/imagefs";

    private static string Image => TestImages.Get("sample");

    [OneTimeSetUp]
    public void Install()
    {
        Need.Root();
        foreach (string link in (string[])[Helper, Program])
        {
            if (File.Exists(link))
            {
                Assert.Ignore($"{link} is installed here");
            }

            File.CreateSymbolicLink(link, ImageFsProgram.Path);
        }
    }

    [OneTimeTearDown]
    public void Uninstall()
    {
        foreach (string link in (string[])[Helper, Program])
        {
            if (new FileInfo(link).LinkTarget == ImageFsProgram.Path)
            {
                File.Delete(link);
            }
        }
    }

    [Test]
    public void Mount_and_umount_know_the_type()
    {
        using var mount = ImageMount.Prepare(Image);
        ToolResult said = Tool.Run("mount", "-t", "imagefs", "-o", "uid=daemon,gid=7,noexec", Image, mount.Directory).Succeeded();
        Assert.That(said.Error, Is.Empty);
        Assert.That(MountTable.Find(mount.Directory)!.Split(" - ")[1], Does.StartWith($"fuse.imagefs {Image} "));
        Assert.That(Tool.Run("stat", "-c", "%U %g", mount.Directory).Succeeded().Text, Is.EqualTo("daemon 7\n"));
        Tool.Run("umount", mount.Directory).Succeeded();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void Fuse_before_the_type_works_too()
    {
        using var mount = ImageMount.Prepare(Image);
        Tool.Run("mount", "-t", "fuse.imagefs", "-o", "ro,uid=3,nosuid,nodev", Image, mount.Directory).Succeeded();
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("3"));
    }

    [Test]
    public void Without_privileges_mount_fuse3_mounts_and_hands_over_the_descriptor()
    {
        using var mount = ImageMount.Prepare(Image);
        Tool.Run("mount", "-t", "fuse.imagefs", "-o", "ro,uid=3,drop_privileges", Image, mount.Directory).Succeeded();
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("3"));
        Assert.That(ProcessTable.Find("imagefs", Image).Select(id => File.ReadAllText($"/proc/{id}/status")), Has.One.Match(@"CapEff:\s+0+\n"));
    }

    [TestCase("imagefs.iso9660", 0)]
    [TestCase("imagefs.vfat", MountFailure)]
    [TestCase("imagefs.nosuch", Usage)]
    public void A_subtype_is_the_format(string type, int status)
    {
        using var mount = ImageMount.Prepare(Image);
        Assert.That(Tool.Run("mount", "-t", type, Image, mount.Directory).ExitCode, Is.EqualTo(status));
        Assert.That(mount.IsMounted, Is.EqualTo(status == 0));
    }

    [Test]
    public void A_fake_mount_looks_at_all_and_mounts_nothing()
    {
        using var mount = ImageMount.Prepare(Image);
        Tool.Run(Helper, Image, mount.Directory, "-f", "-o", "rw,norock").Succeeded();
        Assert.That(Tool.Run(Helper, Image, mount.Directory, "-fo", "norokc").ExitCode, Is.EqualTo(Usage));
        Assert.That(Tool.Run(Helper, "/no/such/image", mount.Directory, "-f").ExitCode, Is.EqualTo(MountFailure));
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_sloppy_mount_passes_over_what_nobody_knows()
    {
        using var mount = ImageMount.Prepare(Image);
        ToolResult strict = Tool.Run("mount", "-t", "imagefs", "-o", "nosuchoption,uid=5", Image, mount.Directory);
        Assert.That(strict.ExitCode, Is.EqualTo(Usage));
        Assert.That(strict.Error, Does.Contain("nosuchoption"));
        Tool.Run("mount", "-s", "-t", "imagefs", "-o", "nosuchoption,uid=5", Image, mount.Directory).Succeeded();
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("5"));
    }

    [Test]
    public void Verbose_says_what_was_done()
    {
        using var mount = ImageMount.Prepare(Image);
        ToolResult said = Tool.Run(Helper, "-nv", Image, "-o", "ro", mount.Directory).Succeeded();
        Assert.That(said.Text, Is.EqualTo($"imagefs: {Image} mounted on {mount.Directory}.\n"));
        Assert.That(mount.IsMounted);
    }

    [Test]
    public void In_another_namespace_it_is_mounted_there()
    {
        using var mount = ImageMount.Prepare(Image);
        const string Script =
            """
            unshare -m --propagation slave sleep 300 & other=$!
            until [ "$(readlink /proc/$other/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; do sleep 0.02; done
            mount -N $other -t imagefs "$1" "$2" && grep -c " $2 " /proc/$other/mountinfo && nsenter -t $other -m umount "$2"
            status=$?
            kill $other
            exit $status
            """;
        Assert.That(Tool.Shell(Script, Image, mount.Directory).Succeeded().Text, Is.EqualTo("1\n"));
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_line_of_fstab_is_mounted_by_its_directory_and_with_all()
    {
        using var mount = ImageMount.Prepare(Image);
        using var folder = new TestFolder();
        string table = folder["fstab"];
        File.WriteAllText(
            table,
            $"""
            # an image
            {Image} {mount.Directory} imagefs ro,users,nofail,_netdev,x-systemd.automount,x-systemd.device-timeout=5,uid=7,size=100M 0 0

            """);
        Tool.Run("mount", "-T", table, mount.Directory).Succeeded();
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("7"));
        Tool.Run("umount", mount.Directory).Succeeded();

        Tool.Run("mount", "-a", "-T", table).Succeeded();
        Tool.Run("mount", "-a", "-T", table).Succeeded();
        Assert.That(File.ReadLines("/proc/self/mountinfo").Count(line => line.Contains($" {mount.Directory} ", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    [TestCase]
    [TestCase("only-one")]
    [TestCase("one", "two", "three")]
    [TestCase("one", "two", "-q")]
    [TestCase("one", "two", "-o")]
    public void A_wrong_call_is_answered_with_the_usage(params string[] words)
    {
        ToolResult said = Tool.Run(Helper, words);
        Assert.That(said.ExitCode, Is.EqualTo(Usage));
        Assert.That(said.Error, Does.Contain("usage: mount.imagefs SPEC DIR"));
    }
}
