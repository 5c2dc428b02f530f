using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Where an image may come from, and who may mount it: the same tree each time.</summary>
internal sealed class SourceTests
{
    private const int Nobody = 65534;
    private static readonly string[] s_asNobody = ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups"];
    private static readonly string[] s_withoutOwners = [.. Facts.All.Except(["uid", "gid"])];

    private UnixFileMode _fuseMode;

    private static TreeListing Expected => LinuxReader.List(TestImages.Get("sample"))!;

    // As udev has it; without udev the device is for root alone.
    [OneTimeSetUp]
    public void LetUsersOpenFuse()
    {
        Need.Root();
        Need.Fuse();
        _fuseMode = File.GetUnixFileMode(Need.FuseDevice);
        File.SetUnixFileMode(Need.FuseDevice, (UnixFileMode)Convert.ToInt32("666", 8));
    }

    [OneTimeTearDown]
    public void RestoreFuse() => File.SetUnixFileMode(Need.FuseDevice, _fuseMode);

    [Test]
    public void A_loop_device_gives_the_tree_of_its_image()
    {
        using var device = new LoopDevice(TestImages.Get("sample"), "-r");
        using var mount = ImageMount.Mount(device.Path);
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void An_open_descriptor_gives_the_tree_of_its_image()
    {
        const string Script = "exec \"$1\" mount /dev/fd/7 \"$3\" 7<\"$2\" >/dev/null 2>&1";
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        Tool.Shell(Script, ImageFsProgram.Path, mount.Image, mount.Directory).Succeeded();
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void The_address_of_a_file_gives_the_tree_of_its_image()
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("sample"), folder["a 1.iso"]);
        using var mount = ImageMount.Mount($"file://{folder["a%201.iso"]}");
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
        Assert.That(MountTable.Find(mount.Directory), Does.Contain($" {folder["a\\0401.iso"]} "), "shown by its path");
    }

    [Test]
    public void An_address_of_an_unknown_scheme_is_told_by_it_and_a_file_of_that_name_is_opened()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("ftp:");
        File.Copy(TestImages.Get("sample"), folder["ftp:/x.iso"]);

        const string Script = "cd \"$1\" && \"$2\" ls ftp://x.iso";
        ToolResult refused = Tool.Shell(Script, folder.Path, ImageFsProgram.Path);
        Assert.That(refused.Error, Is.EqualTo("imagefs: ftp://x.iso: not supported: the scheme ftp (a file of that name is opened as ./ftp://x.iso)\n"));
        Assert.That(Tool.Shell(Script.Replace("ls ", "ls ./"), folder.Path, ImageFsProgram.Path).Succeeded().Text, Is.Not.Empty);
    }

    [Test]
    public void An_image_that_is_deleted_while_mounted_stays_readable()
    {
        using var folder = new TestFolder();
        string image = folder["copy.iso"];
        File.Copy(TestImages.Get("sample"), image);
        using var mount = ImageMount.Mount(image);
        File.Delete(image);
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void A_relative_image_and_directory_are_those_of_the_caller()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        const string Script = "cd \"$2\" && ln -s \"$3\" here.iso && exec \"$1\" mount here.iso mnt >/dev/null 2>&1";
        Tool.Shell(Script, ImageFsProgram.Path, Path.GetDirectoryName(mount.Directory)!, mount.Image).Succeeded();
        Assert.That(mount.List().DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void A_user_without_privileges_mounts_by_fusermount3()
    {
        Need.Program("fusermount3", "fuse3");
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        Tool.Run("chown", $"{Nobody}", mount.Directory).Succeeded();
        Run(s_asNobody, "sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", ImageFsProgram.Path, "mount", mount.Image, mount.Directory).Succeeded();
        Assert.That(mount.IsMounted);
        Assert.That(TreeWalker.List(mount.Directory, s_asNobody).DifferencesFrom(Expected, Facts.All), Is.Empty);
        Run(s_asNobody, ImageFsProgram.Path, "umount", mount.Directory).Succeeded();
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_user_without_privileges_mounts_for_himself_alone()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        Tool.Run("chown", $"{Nobody}", mount.Directory).Succeeded();
        Run(s_asNobody, "sh", "-c", "exec \"$@\" >/dev/null 2>&1", "sh", ImageFsProgram.Path, "mount", mount.Image, mount.Directory).Succeeded();
        Assert.That(Tool.Run("ls", mount.Directory).ExitCode, Is.Not.Zero, "even root needs allow_other");
    }

    [Test]
    public void A_user_namespace_needs_neither_root_nor_fusermount3()
    {
        Need.Program("setpriv", "util-linux");
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        Tool.Run("chown", $"{Nobody}", mount.Directory).Succeeded();
        const string Script = "PATH=/nowhere \"$1\" mount \"$2\" \"$3\" >/dev/null 2>&1 && \"$4\" tree \"$3\" && exec \"$1\" umount \"$3\"";
        string[] inside = [.. s_asNobody, "unshare", "-Urm", "--propagation", "slave", "sh", "-c", Script, "sh"];
        ToolResult walk = Run(inside, ImageFsProgram.Path, mount.Image, mount.Directory, TreeWalker.Program).Succeeded();
        Assert.That(TreeWalker.Parse(walk).DifferencesFrom(Expected, s_withoutOwners), Is.Empty);
    }

    [Test]
    public void Other_users_may_read_what_root_has_mounted()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        Assert.That(TreeWalker.List(mount.Directory, s_asNobody).DifferencesFrom(Expected, Facts.All), Is.Empty);
    }

    [Test]
    public void Other_users_may_read_only_what_the_modes_allow()
    {
        using var mount = ImageMount.Mount(TestImages.Get("rockridge"));
        Assert.That(Run(s_asNobody, "cat", mount["modes/0644"]).ExitCode, Is.Zero);
        Assert.That(Run(s_asNobody, "cat", mount["modes/0400"]).Error, Does.Contain("Permission denied"));
        Assert.That(Run(s_asNobody, "ls", mount["modes/d0400"]).Error, Does.Contain("Permission denied"));
    }

    [Test]
    public void Nothing_can_be_written()
    {
        using var mount = ImageMount.Mount(TestImages.Get("sample"));
        const string Script =
            "cd \"$1\"; for c in 'touch new' 'mkdir new' 'rm README.txt' 'mv README.txt x' 'chmod 777 README.txt' 'ln -s a new' "
            + "'truncate -s 0 README.txt' 'dd of=README.txt if=/dev/zero count=1 conv=notrunc'; do $c 2>&1 && echo \"$c: done\"; done; true";
        string[] lines = Tool.Shell(Script, mount.Directory).Succeeded().Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(8).And.All.Contains("Read-only file system"));
    }

    private static ToolResult Run(string[] wrapper, params string[] command) => Tool.Run(wrapper[0], [.. wrapper[1..], .. command]);
}
