using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>NTFS against Linux's own ntfs3, and ntfs-3g where that is right: every name, and all that is recorded of it.</summary>
internal sealed class NtfsTests
{
    private const int Limit = Limits.Test;
    private const int BootSectorLength = 512;
    private const long RecordAddress = 4 * 4096;
    private const int RecordLength = 1024;

    private static readonly string[] s_facts = [.. Facts.All, "ino", "btime"];
    private static readonly string[] s_times = ["atime", "mtime", "ctime", "btime"];

    // Linux's ntfs3 and ntfs-3g go wrong where parts of a second are counted backwards.
    private static readonly string[] s_before1970 = ["/attributes/1601-1", "/attributes/1930", "/attributes/1969"];

    private TestFolder _folder = null!;

    private string Full => _folder["full.img"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        NtfsImage.MakeFull(Full);
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void The_tree_is_what_Linux_shows()
    {
        TreeListing? expected = LinuxReader.List(Full, type: NtfsImage.Type);
        Assert.That(expected, Is.Not.Null, "ntfs3 does not mount it");
        using var mount = ImageMount.Mount(Full);
        Assert.That(mount.List().DifferencesFrom(expected!.Select(WithoutModeOfRoot).Select(WithoutWrongTimes), s_facts), Is.Empty);
        Assert.That(TimesOf(mount["attributes/1930"]), Is.EqualTo("-1262304000.123456700 -1262303999.123456700"));
    }

    [TestCase("uid=1000,gid=1001,umask=027")]
    [TestCase("fmask=0133,dmask=0027,nohidden")]
    [TestCase("showmeta")]
    [CancelAfter(Limit)]
    public void Options_do_what_those_of_Linux_do(string options)
    {
        using var folder = new TestFolder();
        string image = folder["small.img"];
        NtfsImage.MakeEmpty(image, size: "8M");
        NtfsImage.Change(image, mount => Tool.Shell(
            "cd \"$1\" && mkdir d && echo x >d/x && echo h >h && setfattr -n system.ntfs_attrib_be -v 0x00000002 h && echo r >r && setfattr -n system.ntfs_attrib_be -v 0x00000001 r",
            mount.Directory).Succeeded());
        TreeListing? expected = LinuxReader.List(image, options, NtfsImage.Type);
        Assert.That(expected, Is.Not.Null, "ntfs3 does not mount it");
        using var mount = ImageMount.Mount(image, options);
        Assert.That(mount.List().DifferencesFrom(expected!.Select(WithoutModeOfRoot).Select(WithoutKind).Select(WithoutErrorOfBoot), s_facts), Is.Empty);
    }

    [TestCase("-s 512 -c 512", "64M")]
    [TestCase("-s 1024 -c 2048", "64M")]
    [TestCase("-s 4096 -c 65536", "320M")]
    [CancelAfter(Limit)]
    public void The_tree_is_what_ntfs_3g_shows(string options, string size)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        NtfsImage.MakeFull(image, options, size, "names=150 links=60 extents=150");
        TreeListing expected = NtfsImage.List(image, "umask=022");
        using var mount = ImageMount.Mount(image);

        // It counts names of DOS as links, and room in records as taken; an empty file of the system is a pipe there.
        string[] facts = [.. s_facts.Except(["blocks", "mode", "error"])];
        TreeListing compared = expected.Select(WithoutWrongTimes).Select(entry =>
            entry.Path == "/attributes/a\\x20long\\x20name" ? entry.Only([.. entry.Facts.Keys.Except(["nlink"])]) : entry);
        Assert.That(mount.List().Where(IsNoEmptySystemFile).DifferencesFrom(compared.Where(IsNoEmptySystemFile), facts), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_position_of_a_directory_leads_back_to_its_name()
    {
        using var mount = ImageMount.Mount(Full);
        foreach (string name in (string[])["", "d0", "d1", "d4", "d60", "d400", "most-names", "names", "letters", "gaps", "all-gone"])
        {
            int expected = Directory.EnumerateFileSystemEntries(mount[name]).Count() + 2;
            Assert.That(TreeWalker.CheckPositions(mount[name]), Is.EqualTo(expected), name);
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void Case_counts_unless_an_option_says_otherwise([Values("", "nocase", "ignore_case")] string options)
    {
        using var mount = ImageMount.Mount(Full, options);
        Assert.That(File.ReadAllText(mount["names/aa"]), Is.EqualTo("aa"));
        Assert.That(File.ReadAllText(mount["names/AA"]), Is.EqualTo("AA"), "what is exactly so comes first");
        Assert.That(File.Exists(mount["names/CON"]), Is.EqualTo(options.Length > 0));
        Assert.That(File.Exists(mount["NAMES/STRASSE"]), Is.EqualTo(options.Length > 0));
        Assert.That(File.Exists(mount["names/straSSE"]), Is.EqualTo(options.Length > 0));
        Assert.That(File.Exists(mount["letters/\u03b1"]), Is.EqualTo(options.Length > 0), "by the table of the volume");
        Assert.That(File.Exists(mount["attributes/alongn~1"]), "a name of DOS, whatever its case");
        Assert.That(File.Exists(mount["attributes/alongn~2"]), Is.False);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Damaged_first_sectors_and_records_are_made_up_for_by_their_copies()
    {
        using var folder = new TestFolder();
        string image = folder["damaged.img"];
        File.Copy(Full, image);
        TreeListing expected;
        using (var mount = ImageMount.Mount(Full))
        {
            expected = mount.List();
        }

        using (FileStream file = File.OpenWrite(image))
        {
            file.Write(new byte[BootSectorLength]);
            for (int record = 0; record < 4; record++)
            {
                file.Position = RecordAddress + (record * RecordLength) + 510;
                file.Write("no"u8);
            }
        }

        using var damaged = ImageMount.Mount(image, "fs=ntfs");
        Assert.That(damaged.List().AllDifferencesFrom(expected), Is.Empty);
        Assert.That(damaged.Said!.Error, Does.Contain("boot sector").And.Contains("file record 0").And.Contains("file record 3"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_hibernated_Windows_is_told_of()
    {
        using var folder = new TestFolder();
        string image = folder["asleep.img"];
        NtfsImage.MakeEmpty(image, size: "8M");
        NtfsImage.Change(image, mount => File.WriteAllBytes(mount["hiberfil.sys"], [.. "HIBR"u8, .. new byte[8192]]));
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.Said!.Error, Does.Contain("hibernated"));
        ToolResult verdict = ImageFsProgram.Run("verify", image);
        Assert.That(verdict.ExitCode, Is.EqualTo(32), verdict.Text);
        Assert.That(verdict.Text, Does.Contain("not all could be checked"));
    }

    private static bool IsNoEmptySystemFile(TreeEntry entry) => entry.Path is not ("/attributes/file4" or "/attributes/file5" or "/attributes/file6" or "/attributes/file7");

    // ntfs3 gives it 0777, whatever the options say.
    private static TreeEntry WithoutModeOfRoot(TreeEntry entry) => entry.Path == "/" ? entry.Only([.. entry.Facts.Keys.Except(["mode"])]) : entry;

    // Indexes by themselves are files without permissions there, which cannot be opened; here they are empty.
    private static TreeEntry WithoutKind(TreeEntry entry) =>
        entry.Path.StartsWith("/$Extend/", StringComparison.Ordinal) ? entry.Only([.. entry.Facts.Keys.Except(["mode", "sha256"])]) : entry;

    // ntfs3 lists it and cannot look at it (EINVAL): that inode is one of its own already.
    private static TreeEntry WithoutErrorOfBoot(TreeEntry entry) => entry.Path == "/$Boot" ? entry.Only([.. entry.Facts.Keys.Except(["error"])]) : entry;

    private static TreeEntry WithoutWrongTimes(TreeEntry entry) => s_before1970.Contains(entry.Path) ? entry.Only([.. entry.Facts.Keys.Except(s_times)]) : entry;

    private static string TimesOf(string path)
    {
        string said = Tool.Run("python3", "-c", "import os, sys; s = os.stat(sys.argv[1]); print(s.st_atime_ns, s.st_mtime_ns)", path).Succeeded().Text;
        return string.Join(' ', said.Split(' ').Select(text =>
        {
            (long seconds, long rest) = Math.DivRem(long.Parse(text, System.Globalization.CultureInfo.InvariantCulture), 1_000_000_000);
            return rest < 0 ? $"{seconds - 1}.{rest + 1_000_000_000:D9}" : $"{seconds}.{rest:D9}";
        }));
    }
}
