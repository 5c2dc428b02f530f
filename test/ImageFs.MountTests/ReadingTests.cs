using System.Security.Cryptography;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>The verbs that read an image without a mount, against what a mount shows.</summary>
internal sealed partial class ReadingTests
{
    // Times of access and change are the copy's own, and a directory's size and links are its file system's.
    private static IEnumerable<string> InvalidImages() => TestImages.Names("invalid");

    private static readonly string[] s_copied = ["mode", "uid", "gid", "mtime", "rdev", "target", "sha256", "xattr"];

    [TestCaseSource(nameof(InvalidImages))]
    public void What_a_mount_says_is_damaged_is_damage_without_one_too(string name)
    {
        string image = TestImages.Get(name);
        using var folder = new TestFolder();
        ToolResult listed = ImageFsProgram.Run("ls", "-laR", image);
        ToolResult extracted = ImageFsProgram.Run("extract", "-C", folder.Path, image);

        using var mount = ImageMount.Prepare(image);
        bool isMounted = ImageFsProgram.Run("mount", image, mount.Directory).ExitCode == 0;
        bool isListed = isMounted && Tool.Run("ls", "-laR", mount.Directory).ExitCode == 0;
        bool isRead = isListed && Tool.Shell("find \"$1\" -type f -exec cat {} + > /dev/null", mount.Directory).ExitCode == 0;
        Assert.That(listed.ExitCode == 0, Is.EqualTo(isListed), listed.Error);
        Assert.That(extracted.ExitCode == 0, Is.EqualTo(isRead), extracted.Error);
    }

    [TestCase("rockridge")]
    [TestCase("zisofs1")]
    [TestCase("ext/ext4")]
    [TestCase("ext/inline")]
    [TestCase("fat/fat32")]
    [TestCase("exfat/filled")]
    public void What_is_extracted_is_what_a_mount_shows(string name)
    {
        string image = TestImages.Get(name);
        using var folder = new TestFolder();
        ToolResult said = ImageFsProgram.Run("extract", "--preserve=all", image, "-C", folder["copy"]);
        using var mount = ImageMount.Mount(image);
        TreeListing expected = mount.List();
        TreeListing copy = TreeWalker.List(folder["copy"]);

        Assert.That(said.Error, Is.Empty);
        Assert.That(said.ExitCode, Is.Zero);
        Assert.That(Inside(copy).DifferencesFrom(Inside(expected).Select(AsHere), s_copied), Is.Empty);
        Assert.That(Files(copy).DifferencesFrom(Files(expected), "nlink", "size"), Is.Empty);
    }

    [Test]
    public void A_damaged_entry_is_told_once_by_its_path_and_its_neighbours_are_shown()
    {
        string good = TestImages.Get("invalid/squashfs-good");
        string damaged = TestImages.Get("invalid/squashfs-inode-type");
        ToolResult listed = ImageFsProgram.Run("ls", "-lR", damaged);
        Assert.That(listed.ExitCode, Is.EqualTo(1));
        Assert.That(listed.Error, Does.Match(@"^imagefs: /bad/other: inode at 0x[0-9A-F]+: .+\n$"));
        string[] expected = Lines(ImageFsProgram.Run("ls", "-lR", good).Succeeded().Text);
        Assert.That(Lines(listed.Text), Is.EqualTo(expected.Where(line => !line.EndsWith(" other", StringComparison.Ordinal))));

        ToolResult drawn = ImageFsProgram.Run("tree", damaged);
        Assert.That(drawn.ExitCode, Is.EqualTo(1));
        Assert.That(drawn.Error, Does.Match(@"^imagefs: other: inode at 0x[0-9A-F]+: .+\n$"));
        Assert.That(Lines(drawn.Text)[..^2], Is.EqualTo(Lines(ImageFsProgram.Run("tree", good).Succeeded().Text)[..^2]));
    }

    [Test]
    public void A_copy_of_the_super_block_and_the_descriptors_behind_it_can_be_chosen()
    {
        using var folder = new TestFolder();
        const string Make = "cd $1 && mkdir t && echo here >t/file && mke2fs -q -t ext4 -b 1024 -g 2048 -d t image 8M && dd if=/dev/zero of=image bs=1024 seek=1 count=2 conv=notrunc";
        Tool.Shell(Make, folder.Path).Succeeded();

        Assert.That(ImageFsProgram.Run("cat", folder["image"], "file").ExitCode, Is.EqualTo(32));
        Assert.That(ImageFsProgram.Run("cat", "-t", "ext4", "-o", "sb=2049,loop,ro", folder["image"], "file").Succeeded().Text, Is.EqualTo("here\n"));
        using var mount = ImageMount.Mount(folder["image"], "fs=ext4,sb=2049");
        Assert.That(File.ReadAllText(mount["file"]), Is.EqualTo("here\n"));
    }

    [TestCase("cat", "one\ntwo\n")]
    [TestCase("ls", "1\n2\n")]
    [TestCase("extract -C out", "")]
    public void One_path_that_is_missing_does_not_hold_up_the_others(string command, string shown)
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir t && echo one >t/1 && echo two >t/2 && mke2fs -q -t ext4 -d t image 2M", folder.Path).Succeeded();
        ToolResult said = Tool.Shell($"cd $1 && {ImageFsProgram.Path} {command} image 1 missing '' 2", folder.Path);

        Assert.That(said.ExitCode, Is.EqualTo(32));
        Assert.That(said.Text, Is.EqualTo(shown));
        Assert.That(said.Error, Is.EqualTo("imagefs: missing: open: No such file or directory\nimagefs: \"\": open: No such file or directory\n"));
        Assert.That(Directory.Exists(folder["out"]) ? Directory.GetFiles(folder["out"]).Length : 2, Is.EqualTo(2));
    }

    [TestCase("/")]
    [TestCase(".")]
    [TestCase("./")]
    public void The_root_by_its_name_is_all_there_is(string path)
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir -p t/d && echo one >t/1 && mke2fs -q -t ext4 -d t image 2M", folder.Path).Succeeded();
        ImageFsProgram.Run("extract", folder["image"], path, "-C", folder["out"]).Succeeded();

        Assert.That(Directory.GetFileSystemEntries(folder["out"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["1", "d", "lost+found"]));
    }

    [TestCase("^metadata_csum")]
    [TestCase("^metadata_csum,^dir_index")]
    public void Of_two_entries_of_one_name_the_first_counts_whoever_asks(string features)
    {
        using var folder = new TestFolder();
        const string Make = "cd $1 && mkdir -p t/d && echo one >t/d/name-1 && echo other >t/d/name-2 && mke2fs -q -t ext4 -O $2 -d t image 2M && LC_ALL=C sed -i s/name-2/name-1/ image";
        Tool.Run("sh", "-c", Make, "sh", folder.Path, features).Succeeded();
        string expected = Tool.Run("debugfs", "-R", "cat d/name-1", folder["image"]).Succeeded().Text;
        using var mount = ImageMount.Mount(folder["image"]);

        // READDIRPLUS, where the kernel would take the second for newer, and lookups before and after it.
        Assert.That(expected, Is.AnyOf("one\n", "other\n"));
        Assert.That(File.ReadAllText(mount["d/name-1"]), Is.EqualTo(expected));
        Assert.That(Tool.Shell("ls -lU $1/d; ls -lU $1/d; cat $1/d/name-1", mount.Directory).Text, Does.EndWith($"\n{expected}"));
        Assert.That(ImageFsProgram.Run("cat", folder["image"], "d/name-1").Text, Is.EqualTo(expected));
    }

    [Test]
    public void Holes_stay_holes()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        Tool.Shell("truncate -s 64M $1/sparse && printf end >> $1/sparse", folder["tree"]).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["image"], "16M").Succeeded();
        ImageFsProgram.Run("extract", folder["image"], "sparse", "-C", folder["copy"]).Succeeded();

        Assert.That(new FileInfo(folder["copy/sparse"]).Length, Is.EqualTo((64 << 20) + 3));
        Assert.That(long.Parse(Tool.Run("stat", "-c", "%b", folder["copy/sparse"]).Succeeded().Text), Is.LessThan(1000));
        Tool.Run("cmp", folder["tree/sparse"], folder["copy/sparse"]).Succeeded();
    }

    [Test]
    public void Lists_of_access_rights_and_attributes_are_kept()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("tree");
        File.WriteAllText(folder["tree/file"], "contents");
        Tool.Run("setfattr", "-n", "user.note", "-v", "kept", folder["tree/file"]).Succeeded();
        Tool.Run("setfattr", "-n", "system.posix_acl_access", "-v", Acl(1000), folder["tree/file"]).Succeeded();
        Tool.Run("mke2fs", "-q", "-t", "ext4", "-d", folder["tree"], folder["image"], "4M").Succeeded();
        ImageFsProgram.Run("extract", folder["image"], "file", "-C", folder["copy"]).Succeeded();

        string Attributes(string path) => Tool.Run("getfattr", "-d", "-m", "-", "--absolute-names", "-e", "hex", folder[path]).Succeeded().Text.Split('\n', 2)[1];
        Assert.That(Attributes("copy/file"), Is.EqualTo(Attributes("tree/file")).And.Contain("user.note").And.Contain("posix_acl_access"));
    }

    [Test]
    public void A_part_comes_out_by_its_path_over_what_was_there()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("copy");
        File.WriteAllText(folder["outside"], "untouched");
        File.CreateSymbolicLink(folder["copy/size-2048"], "../outside");
        ImageFsProgram.Run("extract", TestImages.Get("rockridge"), "/size-2048", "links", "-C", folder["copy"]).Succeeded();

        Assert.That(Directory.GetFileSystemEntries(folder["copy"]).Select(Path.GetFileName), Is.EquivalentTo((string[])["size-2048", "links"]));
        Assert.That(new FileInfo(folder["copy/size-2048"]).LinkTarget, Is.Null);
        Assert.That(new FileInfo(folder["copy/size-2048"]).Length, Is.EqualTo(2048));
        Assert.That(File.ReadAllText(folder["outside"]), Is.EqualTo("untouched"));
    }

    [Test]
    public void Parts_of_one_name_come_out_by_their_paths_each()
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir -p t/a/deep t/b && echo of-a >t/a/deep/x && echo of-b >t/b/x && ln t/b/x t/b/y && mke2fs -q -t ext4 -d t x.img 4M", folder.Path).Succeeded();
        Tool.Shell("umask 027 && \"$1\" extract \"$2\" a/deep/x /b/x ./b//y -C \"$3\"", ImageFsProgram.Path, folder["x.img"], folder["copy"]).Succeeded();

        Assert.That(File.ReadAllText(folder["copy/a/deep/x"]), Is.EqualTo("of-a\n"));
        Assert.That(File.ReadAllText(folder["copy/b/x"]), Is.EqualTo("of-b\n"));
        Assert.That(Tool.Shell("cd $1 && stat -c '%a %h' a a/deep b/y && ls", folder["copy"]).Succeeded().Text, Does.Match("^750 [0-9]+\n750 [0-9]+\n[0-9]+ 2\na\nb\n$"));
        ToolResult up = ImageFsProgram.Run("extract", folder["x.img"], "a/../b/x", "-C", folder["copy"]);
        Assert.That((up.ExitCode, up.Error.Contains("a/../b/x", StringComparison.Ordinal)), Is.EqualTo((32, true)), up.Error);
    }

    [TestCase("links")]
    [TestCase("links/below")]
    public void A_directory_is_not_taken_through_a_link_that_is_there(string path)
    {
        using var folder = new TestFolder();
        Tool.Shell("cd $1 && mkdir -p t/links/below copy outside && echo x >t/links/below/x && ln -s ../outside copy/links && mke2fs -q -t ext4 -d t x.img 4M", folder.Path).Succeeded();
        ToolResult said = ImageFsProgram.Run("extract", folder["x.img"], path, "-C", folder["copy"]);

        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("links"));
        Assert.That(Directory.GetFileSystemEntries(folder["outside"]), Is.Empty);
    }

    [Test]
    public void A_directory_is_not_taken_through_a_link()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("copy");
        folder.CreateDirectory("outside");
        File.CreateSymbolicLink(folder["copy/links"], "../outside");
        ToolResult said = ImageFsProgram.Run("extract", TestImages.Get("rockridge"), "links", "-C", folder["copy"]);

        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.Contain("links"));
        Assert.That(Directory.GetFileSystemEntries(folder["outside"]), Is.Empty);
    }

    [Test]
    public void A_file_that_is_cut_short_is_left_out_and_told()
    {
        using var folder = new TestFolder();
        string image = TestImages.Get("invalid/cut-in-file");
        ToolResult said = ImageFsProgram.Run("extract", image, "-C", folder["copy"]);
        using var mount = ImageMount.Mount(image);
        TreeListing expected = mount.List();
        string[] damaged = [.. expected.Entries.Where(entry => entry["sha256"]?.StartsWith('!') == true).Select(entry => entry.Path)];

        Assert.That(damaged, Is.Not.Empty);
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(damaged.Where(path => !said.Error.Contains(path.TrimStart('/'), StringComparison.Ordinal)), Is.Empty);
        TreeListing copy = TreeWalker.List(folder["copy"]);
        Assert.That(Inside(copy).DifferencesFrom(Inside(expected).Where(entry => !damaged.Contains(entry.Path)), "sha256"), Is.Empty);
    }

    [Test]
    public void A_directory_that_holds_itself_is_told_and_gone_into_once(
        [Values("directory-is-its-parent", "ext-is-its-parent", "fat-is-its-parent")] string name, [Values("ls -R", "tree", "extract")] string verb)
    {
        using var folder = new TestFolder();
        string[] words = verb.Split(' ');
        string[] where = words[0] == "extract" ? ["-C", folder["copy"]] : [];
        ToolResult said = ImageFsProgram.Run([.. words, TestImages.Get($"invalid/{name}"), .. where]);

        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("in the tree twice"));
        Assert.That(said.Output, Has.Length.LessThan(2000));
    }

    [Test]
    public void Cat_prints_the_bytes_and_ends_when_nobody_reads_on()
    {
        string image = TestImages.Get("rockridge");
        using var mount = ImageMount.Mount(image);
        ToolResult said = ImageFsProgram.Run("cat", image, "size-100000", "/size-1").Succeeded();
        byte[] expected = [.. File.ReadAllBytes(mount["size-100000"]), .. File.ReadAllBytes(mount["size-1"])];
        Assert.That(Convert.ToHexString(SHA256.HashData(said.Output)), Is.EqualTo(Convert.ToHexString(SHA256.HashData(expected))));

        ToolResult piped = Tool.Run("bash", "-c", "\"$1\" cat \"$2\" size-100000 | head -c 1; echo ${PIPESTATUS[0]}", "bash", ImageFsProgram.Path, image).Succeeded();
        Assert.That(piped.Text, Does.EndWith("141\n").Or.EndWith("0\n"));
        Assert.That(piped.Error, Is.Empty);
    }

    [TestCase("cat", "links")]
    [TestCase("cat", "missing")]
    [TestCase("ls", "missing")]
    [TestCase("extract", "missing")]
    [TestCase("tree", "missing")]
    public void What_cannot_be_read_is_an_error_that_names_it(string verb, string path)
    {
        ToolResult said = ImageFsProgram.Run(verb, TestImages.Get("rockridge"), path);
        Assert.That(said.ExitCode, Is.Not.Zero);
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain(path));
    }

    [TestCase("rockridge")]
    [TestCase("ext/ext4")]
    public void Ls_lists_what_ls_lists_under_a_mount(string name)
    {
        string image = TestImages.Get(name);
        using var mount = ImageMount.Mount(image);
        const string List = "cd \"$1\" && LC_ALL=C TZ=UTC0 ls -AnRN --time-style='+%Y-%m-%d %H:%M' .";
        string[] expected = [.. Lines(Tool.Shell(List, mount.Directory).Succeeded().Text).Where(line => !line.StartsWith("total ", StringComparison.Ordinal)).Select(Plain)];
        string[] said = [.. Lines(Tool.Run("env", "TZ=UTC0", ImageFsProgram.Path, "ls", "-laR", image).Succeeded().Text).Select(Plain)];

        Assert.That(said, Is.EqualTo(expected));
    }

    [Test]
    public void Tree_shows_each_name_once()
    {
        string image = TestImages.Get("ext/ext4");
        using var mount = ImageMount.Mount(image);
        string[] lines = Lines(ImageFsProgram.Run("tree", image).Succeeded().Text);
        TreeListing expected = mount.List();

        int directories = expected.Entries.Count(entry => entry.IsDirectory && entry.Path != "/");
        Assert.That(lines[^2], Is.EqualTo($"{directories} directories, {expected.Count - 1 - directories} files"));
        Assert.That(lines.Count(line => line.Contains("── ", StringComparison.Ordinal)), Is.EqualTo(expected.Count - 1));
    }

    [Test]
    public void All_of_it_needs_no_fuse_and_no_root()
    {
        using var folder = new TestFolder();
        File.Copy(TestImages.Get("rockridge"), folder["image"]);
        Tool.Run("chmod", "0777", folder.Path).Succeeded();
        const string Script = "cd \"$2\" && \"$1\" ls image >/dev/null && \"$1\" cat image size-1 && \"$1\" extract image links -C copy && ls copy";
        ToolResult said = Tool.Run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", Script, "sh", ImageFsProgram.Path, folder.Path)
            .Succeeded();
        Assert.That(said.Text, Does.EndWith("links\n"));
    }

    // The file system of the copy knows no time before 1901. And the image has a list of access rights that its mode contradicts,
    // which no system call can set.
    private static TreeEntry AsHere(TreeEntry entry) => entry with
    {
        Facts = entry.Facts
            .Where(fact => fact.Key != "xattr" || !fact.Value.Contains("system.posix_acl_access", StringComparison.Ordinal))
            .ToDictionary(fact => fact.Key, fact => fact is { Key: "mtime", Value: "-2208988800.000000000" } ? "-2147483648.000000000" : fact.Value),
    };

    private static TreeListing Inside(TreeListing tree) => tree.Where(entry => entry.Path != "/");

    private static TreeListing Files(TreeListing tree) => tree.Where(entry => entry.IsFile);

    // linux/posix_acl_xattr.h: the owner rw-, one user rwx, the group r--, the mask rwx, others r--.
    private static string Acl(ushort user) =>
        $"0x02000000" + "01000600ffffffff" + $"02000700{user & 0xFF:x2}{user >> 8:x2}0000" + "04000400ffffffff" + "10000700ffffffff" + "20000400ffffffff";

    private static string[] Lines(string text) => text.Split('\n');

    // Columns are as wide as they need be, headings begin with a point, and a plus says that there is an access control list.
    private static string Plain(string line) => Heading().Replace(Blanks().Replace(AclMark().Replace(line, "$1"), " "), "/$1:");

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^([-a-zA-Z]{10})[+.]")]
    private static partial Regex AclMark();

    [GeneratedRegex(@"^\./?(.*):$")]
    private static partial Regex Heading();
}
