using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>FAT and exFAT against Linux's own vfat and exfat: every name, and all its attributes.</summary>
internal sealed class FatTests
{
    private const string Type = "vfat";
    private const string Utf8 = "utf8=1";
    private const int Limit = Limits.Test;

    private static readonly string[] s_images = [.. TestImages.Names("fat")];

    private static readonly string[] s_options =
    [
        "", "umask=027", "fmask=0133,dmask=0027", "uid=1000,gid=1001", "showexec", "shortname=lower", "shortname=win95", "shortname=winnt",
        "check=s", "tz=UTC", "time_offset=90", "time_offset=-600", "codepage=850", "rodir", "nonumtail=1", "quiet,errors=continue",
    ];

    private static readonly string[] s_exFatOptions = ["", "umask=027", "fmask=0133,dmask=0027", "uid=1000,gid=1001", "time_offset=90"];

    private static readonly string[] s_pairSets = ["codepage=932", "codepage=936", "codepage=949", "codepage=950"];

    private BytePairImage _pairs = null!;

    [OneTimeSetUp]
    public void MakePairs() => _pairs = new BytePairImage();

    [OneTimeTearDown]
    public void RemovePairs() => _pairs?.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_vfat_shows([ValueSource(nameof(s_images))] string name, [ValueSource(nameof(s_options))] string options) =>
        Compare(TestImages.Get(name), options);

    [Test]
    [CancelAfter(Limit)]
    public void A_large_tree_that_mtools_wrote_is_what_vfat_shows([Values("-F 16 -s 16", "-F 16 -s 128", "-F 32 -s 1", "-F 32 -s 1 -S 4096")] string options)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        Make(folder, image, options);
        Compare(image, "");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_character_of_two_bytes_is_what_vfat_shows([ValueSource(nameof(s_pairSets))] string options) =>
        Compare(_pairs.Path, options);

    [TestCase(new byte[] { 0x60, 0x38, 0x90 }, TestName = "{m}(Atari)")]
    [TestCase(new byte[] { 0xEB, 0xFE, 0x90 }, TestName = "{m}(MSX)")]
    [CancelAfter(Limit)]
    public void A_floppy_without_the_marks_of_the_PC_is_what_vfat_shows(byte[] jump)
    {
        using var folder = new TestFolder();
        string image = MakeFloppy(folder, bytes =>
        {
            jump.CopyTo(bytes, 0);
            bytes.AsSpan(36, 512 - 36).Clear();
        });
        Compare(image, "");
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_name_that_two_entries_have_is_that_of_the_first_whatever_was_listed_before()
    {
        using var folder = new TestFolder();
        string image = MakeFloppy(folder, bytes => "ONE"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("TWO     TXT"u8))));
        using var mount = ImageMount.Mount(image);
        for (int i = 0; i < 2; i++)
        {
            Assert.That(Tool.Run("ls", "-l", mount.Directory).Text.Split("ONE.TXT"), Has.Length.EqualTo(3), "both are listed, as by Linux");
            Assert.That(File.ReadAllText(mount["ONE.TXT"]), Is.EqualTo("first"));
        }

        ToolResult listed = ImageFsProgram.Run("ls", image);
        Assert.That((listed.ExitCode != 0, listed.Text), Is.EqualTo((true, "ONE.TXT\n")), listed.Error);
        Assert.That(listed.Error, Does.Contain("several entries"));
    }

    [TestCase("A LONG NAME, WITH SPACES AND MORE THAN 8.3.TEXT")]
    [TestCase("a long name, with spaces and more than 8.3.text")]
    [TestCase("ALONGN~1.TEX")]
    [TestCase("mixed.txt")]
    [TestCase("MIXED.TXT")]
    [TestCase("Lower.Txt")]
    [TestCase("short.txt.")]
    [TestCase("DOCS/DEEP/COPY OF A SHORT FILE.TXT")]
    [CancelAfter(Limit)]
    public void A_name_is_found_in_any_case(string name)
    {
        using var mount = ImageMount.Mount(TestImages.Get("fat/fat16"));
        Tool.Run("stat", mount[name]).Succeeded();
        Assert.That(Tool.Run("stat", mount[name + "x"]).Error, Does.Contain("No such file"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_exfat_shows([Values("exfat/empty", "exfat/filled")] string name, [ValueSource(nameof(s_exFatOptions))] string options) =>
        CompareExFat(TestImages.Get(name), options);

    [Test]
    [CancelAfter(Limit)]
    public void A_large_tree_that_exfat_fuse_wrote_is_what_exfat_shows([Values("512", "4K", "128K")] string cluster)
    {
        Need.Program("mkfs.exfat", "exfatprogs");
        using var folder = new TestFolder();
        string image = folder["made.img"];
        Tool.Shell("truncate -s 64M \"$1\" && mkfs.exfat -c \"$2\" \"$1\"", image, cluster).Succeeded();
        using (var device = new LoopDevice(image))
        using (var mount = new KernelMount(device.Path, "exfat-fuse", "rw,umask=022"))
        {
            Fill(mount.Directory);
        }

        CompareExFat(image, "");
    }

    private static void CompareExFat(string image, string options)
    {
        TreeListing? expected = LinuxReader.List(image, options, "exfat");
        Assert.That(expected, Is.Not.Null, "exfat does not mount it");
        using var mount = ImageMount.MountInForeground(image, options, awaitAnswer: false);
        Assert.That(mount.List().DifferencesFrom(expected!.Select(WithoutTimesOfRoot), Facts.All), Is.Empty);
    }

    // The root has no entry that could tell its times: exfat gives that of the mount.
    private static TreeEntry WithoutTimesOfRoot(TreeEntry entry) =>
        entry.Path == "/" ? entry.Only([.. entry.Facts.Keys.Except(["atime", "mtime", "ctime"])]) : entry;

    private static void Compare(string image, string options)
    {
        // Our names are UTF-8 without being asked.
        TreeListing? expected = LinuxReader.List(image, options.Length == 0 ? Utf8 : $"{Utf8},{options}", Type);
        Assert.That(expected, Is.Not.Null, "vfat does not mount it");

        // In the background the program starts twice: that is most of the time of so many tests.
        using var mount = ImageMount.MountInForeground(image, options, awaitAnswer: false);
        Assert.That(mount.List().DifferencesFrom(expected!, Facts.All), Is.Empty);
    }

    // Two files of text on 720 KiB.
    private static string MakeFloppy(TestFolder folder, Action<byte[]> change)
    {
        Need.Program("mformat", "mtools");
        string image = folder["floppy.img"];
        const string Script =
            "mformat -C -f 720 -i \"$1\" :: && printf first | mcopy -i \"$1\" - ::ONE.TXT && printf second | mcopy -i \"$1\" - ::TWO.TXT";
        Tool.Shell(Script, image).Succeeded();
        byte[] bytes = File.ReadAllBytes(image);
        change(bytes);
        File.WriteAllBytes(image, bytes);
        return image;
    }

    private static void Make(TestFolder folder, string image, string options)
    {
        Need.Program("mkfs.fat", "dosfstools");
        Need.Program("mcopy", "mtools");
        string tree = folder.CreateDirectory("tree");
        Fill(tree);
        const string Script = "truncate -s 320M \"$1\" && mkfs.fat -n LARGE $2 \"$1\" >&2 && cd \"$3\" && MTOOLS_SKIP_CHECK=1 exec mcopy -s -m -i \"$1\" * ::/";
        Tool.Shell(Script, image, options, tree).Succeeded();
    }

    private static void Fill(string directory)
    {
        const string Script =
            """
            cd "$1"
            mkdir -p many deep/er/and/deeper empty
            seq 200000 >lines
            printf x >one
            : >nothing
            printf 'name' >"$(printf 'n%.0s' $(seq 150))"
            printf 'name' >'Ünïcödé ßtraße 漢字.txt'
            printf 'name' >'😀 smile'
            printf 'name' >'UPPER.TXT'
            printf 'name' >'lower.txt'
            printf 'name' >'Mixed.Txt'
            printf 'name' >'a.b.c'
            printf 'name' >'+,;=[].txt'
            for i in $(seq 400); do seq $i >"many/file $i with a rather long name"; done
            for i in $(seq 100); do seq $i >"deep/er/F$i.DAT"; done
            cp lines deep/er/and/deeper/LINES
            touch -d '1980-01-01 00:00:02' one
            touch -d '2001-09-09 01:46:40' lines
            touch -d '2099-12-31 23:59:58' deep/er/and/deeper/LINES
            """;
        Tool.Shell(Script, directory).Succeeded();
    }
}
