using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>The command line: what a person types, and what a line of fstab says.</summary>
internal sealed class CommandLineTests
{
    private const int Usage = 1;
    private const int MountFailure = 32;

    private static string Image => TestImages.Get("sample");

    [Test]
    public void The_words_of_fstab_are_accepted(
        [Values(
            "ro", "defaults", "user", "users", "owner", "group", "nofail", "_netdev", "auto", "noauto", "x-foo", "x-systemd.automount", "comment=hello", "dev",
            "nodev", "suid", "nosuid", "exec", "noexec", "atime", "noatime", "relatime", "nodiratime", "sync", "async")] string word)
    {
        using var mount = ImageMount.Mount(Image, $"{word},ro");
        Assert.That(mount.Said!.Error, Is.Empty);
    }

    [Test]
    public void A_whole_line_of_fstab_is_accepted()
    {
        using var mount = ImageMount.Mount(Image, "ro,users,noauto,nofail,_netdev,x-systemd.device-timeout=10s,uid=1000,norock");
        Assert.That(mount.List()["/README.txt"]["uid"], Is.EqualTo("1000"));
    }

    [Test]
    public void Rw_is_warned_of_and_mounts_read_only()
    {
        using var mount = ImageMount.Mount(Image, "rw");
        Assert.That(mount.Said!.Error, Does.Contain("read-only"));
        Assert.That(OptionsOf(mount), Does.Contain("ro"));
    }

    [Test]
    public void A_mount_is_without_set_user_id_and_devices_unless_it_is_asked_for()
    {
        using var usual = ImageMount.Mount(Image);
        Assert.That(OptionsOf(usual), Is.SupersetOf(new[] { "ro", "nosuid", "nodev" }));
        using var asked = ImageMount.Mount(Image, "suid,dev,noexec,noatime");
        Assert.That(OptionsOf(asked), Is.SupersetOf(new[] { "ro", "noexec", "noatime" }).And.None.EqualTo("nosuid").And.None.EqualTo("nodev"));
    }

    [TestCase("-o", "info")]
    [TestCase("--options", "umount")]
    [TestCase("-r", "-o", "mount")]
    public void An_options_value_is_no_command(params string[] options)
    {
        // As an option it is unknown; as a command it would describe the image, or take it for a mount.
        using var mount = ImageMount.Prepare(Image);
        ToolResult said = ImageFsProgram.Run([.. options, Image, mount.Directory]);
        Assert.That(mount.IsMounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(Usage));
        Assert.That(said.Error, Does.Contain($"option '{options[^1]}'"));
    }

    [Test]
    public void Options_may_stand_before_the_image([Values("-o", "--options")] string option)
    {
        using var mount = ImageMount.Prepare(Image);
        ImageFsProgram.Run(option, "norock,uid=7", Image, mount.Directory).Succeeded();
        Assert.That(mount.List()["/"]["uid"], Is.EqualTo("7"));
    }

    [TestCase("no-such-option", "no-such-option")]
    [TestCase("ro,norokc", "norokc")]
    [TestCase("uid=many", "uid=many")]
    [TestCase("uid", "uid")]
    [TestCase("mode=9", "mode=9")]
    [TestCase("map=q", "map=q")]
    [TestCase("norock=1", "norock")]
    [TestCase("iocharset=no-such-charset", "no-such-charset")]
    [TestCase("fs=no-such-format", "no-such-format")]
    [TestCase("data_csum=check", "it is one of btrfs")]
    [TestCase("offset=99G", "the image, which has")]
    [TestCase("engine=linux", "fuse, kernel or auto")]
    [TestCase("engine=kernel,timeout=5", "timeout")]
    [TestCase("engine=kernel,reply=copy", "reply")]
    [TestCase("engine=kernel,engine-copy=much", "engine-copy=much")]
    [TestCase("passthrough,engine=kernel", "'passthrough': takes a server")]
    [TestCase("passthrough,transport=uring", "'passthrough': cannot be combined with transport=uring")]
    public void An_option_that_is_unknown_or_no_good_is_an_error_that_names_it(string options, string named)
    {
        (ToolResult said, bool mounted) = ImageMount.TryMount(Image, options);
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(Usage), said.Error);
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain(named));
    }

    [Test]
    public void What_a_path_that_is_no_image_may_have_been_meant_as_is_told()
    {
        Assert.That(ImageFsProgram.Run("ls", $"{Image}/README").Error, Does.Contain($"two slashes lead into an image: {Image}//README"));
        Assert.That(ImageFsProgram.Run("ls", Path.GetDirectoryName(Image)!).Error, Does.Contain("mount --tree"));
    }

    [Test]
    public void An_image_that_is_not_there_is_named_with_the_reason()
    {
        (ToolResult said, bool mounted) = ImageMount.TryMount("/no/such/image.iso");
        Assert.That(mounted, Is.False);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(said.Error, Does.Contain("/no/such/image.iso").And.Contain("No such file or directory").IgnoreCase);
    }

    [Test]
    public void A_directory_that_is_not_there_is_named_with_the_reason()
    {
        ToolResult said = ImageFsProgram.Run("mount", Image, "/no/such/directory");
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(said.Error, Does.Contain("/no/such/directory").And.Contain("no such").IgnoreCase);
    }

    [Test]
    public void Unmounting_what_is_not_mounted_is_an_error_that_says_so()
    {
        using var folder = new TestFolder();
        ToolResult said = ImageFsProgram.Run("umount", folder.Path);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(said.Error, Does.Contain(folder.Path).And.Match("not mounted|no imagefs mount"));
    }

    [Test]
    public void Unmounting_what_is_mistyped_is_asked_about()
    {
        using var folder = new TestFolder();
        using var mount = ImageMount.Mount(Image);
        string point = mount.Directory, parent = Path.GetDirectoryName(point)!, name = Path.GetFileName(point);
        string[] ways = [$"{parent}/{name[..^1]}", $"{parent}/{name}x/", $"{parent}x/{name}"];
        foreach (string mistyped in ways)
        {
            ToolResult said = ImageFsProgram.Run("umount", mistyped);
            Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
            Assert.That(said.Error, Does.EndWith($": there is no such folder or image; did you mean '{point}'?\n"));
        }

        Assert.That(ImageFsProgram.Run("umount", Image[..^1]).Error, Does.EndWith($"; did you mean '{Image}'?\n"));
        Assert.That(mount.IsMounted);
    }

    [TestCase]
    [TestCase("mount")]
    [TestCase("mount", "-v")]
    [TestCase("mount", "-f")]
    public void Two_images_and_no_directory_are_told_from_an_image_and_a_directory(params string[] words)
    {
        using var folder = new TestFolder();
        File.Copy(Image, folder["a.iso"]);
        File.Copy(Image, folder["b.iso"]);
        ToolResult said = ImageFsProgram.Run([.. words, folder["a.iso"], folder["b.iso"]]);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(
            said.Error,
            Is.EqualTo(
                $"imagefs: {folder["b.iso"]}: a file, where the directory to mount on belongs: 'imagefs mount {folder["a.iso"]}', 'imagefs mount {folder["b.iso"]}' " +
                $"for a mount each, 'imagefs mount {folder["a.iso"]} {folder["b.iso"]} DIR' for a volume that lies on all of them\n"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(2));
        Assert.That(MountTable.IsAnythingUnder(folder.Path), Is.False);
    }

    [Test]
    public void The_short_form_mounts_as_well()
    {
        using var mount = ImageMount.Prepare(Image);
        ImageFsProgram.Run(Image, mount.Directory).Succeeded();
        Assert.That(mount.IsMounted);
    }

    [Test]
    public void The_mount_table_shows_the_image_and_the_program()
    {
        using var mount = ImageMount.Mount(Image);
        string[] words = MountTable.Find(mount.Directory)!.Split(" - ")[1].Split(' ');
        Assert.That(words[..2], Is.EqualTo(new[] { "fuse.imagefs", Image }));
    }

    [Test]
    public void Statfs_tells_a_full_read_only_file_system()
    {
        using var mount = ImageMount.Mount(Image);
        string[] said = Tool.Run("stat", "-f", "-c", "%S %b %f %a", mount.Directory).Succeeded().Text.Trim().Split(' ');
        Assert.That(said[0], Is.EqualTo("2048"));
        Assert.That(long.Parse(said[1]) * 2048, Is.InRange(1 << 20, new FileInfo(Image).Length));
        Assert.That(said[2..], Is.EqualTo(new[] { "0", "0" }));
    }

    [Test]
    public void Stats_counts_the_bytes_that_were_spliced()
    {
        using var mount = ImageMount.Mount(Image);
        Tool.Run("cat", mount["numbers.txt"]).Succeeded();
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        Assert.That(stats.RootElement.GetProperty("source").GetString(), Is.EqualTo(Image));
        Assert.That(stats.RootElement.GetProperty("reply_bytes").GetProperty("splice").GetInt64(), Is.GreaterThanOrEqualTo(1 << 20));
        Assert.That(ImageFsProgram.Run("stats", mount.Directory).Succeeded().Text, Does.Match(@"splice:\s+[1-9]"));
    }

    [Test]
    public void Stats_tells_how_long_requests_took_and_what_the_caches_had()
    {
        using var mount = ImageMount.Mount(TestImages.Get("ext/inline"));
        Tool.Shell("find \"$1\" -type f -exec cat {} + > /dev/null", mount.Directory).Succeeded();
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        System.Text.Json.JsonElement all = stats.RootElement;
        long reads = all.GetProperty("requests").GetProperty("read").GetInt64();
        Assert.That(all.GetProperty("read_us").GetProperty("count").GetInt64(), Is.EqualTo(reads).And.GreaterThan(0));
        long[] times = [.. new[] { "p50", "p90", "p99", "max" }.Select(name => all.GetProperty("metadata_us").GetProperty(name).GetInt64())];
        Assert.That(times, Is.Ordered.And.All.Positive);
        Assert.That(all.GetProperty("metadata_cache").GetProperty("misses").GetInt64(), Is.Positive, "each block is read once");
        Assert.That(all.GetProperty("metadata_cache").GetProperty("hits").GetInt64(), Is.Positive, "and holds more than one record");
    }

    [Test]
    public void Stats_tells_what_was_decoded()
    {
        using var mount = ImageMount.Mount(TestImages.Get("zisofs1"));
        Tool.Shell("find \"$1\" -type f -exec cat {} + > /dev/null", mount.Directory).Succeeded();
        using var stats = System.Text.Json.JsonDocument.Parse(ImageFsProgram.Run("stats", "--json", mount.Directory).Succeeded().Text);
        System.Text.Json.JsonElement decoded = stats.RootElement.GetProperty("decoded");
        Assert.That(decoded.GetProperty("blocks").GetInt64(), Is.Positive);
        Assert.That(decoded.GetProperty("bytes").GetInt64(), Is.Positive.And.LessThanOrEqualTo(decoded.GetProperty("read").GetInt64()), "no block is decoded twice");
    }

    [Test]
    public void Stats_of_a_directory_that_is_no_mount_of_ours_is_an_error()
    {
        ToolResult said = ImageFsProgram.Run("stats", "/");
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.StartWith("imagefs: "));
    }

    private static string[] OptionsOf(ImageMount mount) => MountTable.Find(mount.Directory)!.Split(' ')[5].Split(',');
}
