using System.Security.Cryptography;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What hangs on compression, reparse points, extended attributes and streams of NTFS, against ntfs3 and ntfs-3g.</summary>
internal sealed class NtfsDataTests
{
    private const int Limit = Limits.Test;

    // ntfs3 tells the length of a link's name as it is on disk, here it is that of the target.
    private static readonly string[] s_facts = [.. Facts.All, "ino", "btime", "xattr"];
    private static readonly string[] s_linkFacts = [.. s_facts.Except(["size"])];

    private TestFolder _folder = null!;

    private string Full => _folder["full.img"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        Fill(Full);
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void Compressed_files_links_and_owners_are_what_Linux_shows()
    {
        TreeListing? expected = LinuxReader.List(Full, type: NtfsImage.Type);
        Assert.That(expected, Is.Not.Null, "ntfs3 does not mount it");
        using var mount = ImageMount.Mount(Full, "streams_interface=none");
        TreeListing shown = mount.List();
        Assert.That(shown.Entries.Count(IsOfLinux), Is.GreaterThan(50));
        Assert.That(shown.Where(IsOfLinux).DifferencesFrom(expected!.Where(IsOfLinux).Select(WithoutSizeOfLink), s_facts), Is.Empty);
    }

    [TestCase("-c 512", "32M")]
    [TestCase("-c 2048", "32M")]
    [TestCase("-s 1024 -c 1024", "32M")]
    [CancelAfter(Limit)]
    public void Files_in_units_of_other_sizes_are_what_ntfs_3g_shows(string options, string size)
    {
        using var folder = new TestFolder();
        string image = folder["made.img"];
        Fill(image, options, size, "compressed");
        TreeListing expected = NtfsImage.List(image, "umask=022");
        using var mount = ImageMount.Mount(image);
        Assert.That(mount.List().DifferencesFrom(expected, [.. s_facts.Except(["blocks", "mode"])]), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Streams_and_what_NTFS_itself_keeps_are_attributes_as_of_ntfs_3g()
    {
        using var mount = ImageMount.Mount(Full);
        TreeListing expected = NtfsImage.List(Full, "umask=022,streams_interface=xattr");
        static bool IsStreams(TreeEntry entry) => entry.Path.StartsWith("/streams", StringComparison.Ordinal);
        Assert.That(mount.List().Where(IsStreams).DifferencesFrom(expected.Where(IsStreams).Select(entry => entry.Only("size", "xattr", "sha256")), s_facts), Is.Empty);
        string attributes = OfNtfs3G(AttributesOf);
        Assert.That(attributes, Does.Contain("ntfs_object_id").And.Contains("ntfs_ea").And.Contains("ntfs_acl").And.Contains("ntfs_dos_name"));

        // Those that are in clusters ntfs-3g writes, but does not give.
        Assert.That(AttributesOf(mount.Directory).Split('\n').Where(line => !line.StartsWith("./attributes/of OS2 system.ntfs_ea", StringComparison.Ordinal)), Is.EqualTo(attributes.Split('\n')));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Streams_are_files_where_an_option_says_so()
    {
        using var mount = ImageMount.Mount(Full, "streams_interface=windows");
        Assert.That(File.ReadAllText(mount["streams/file:one"]), Is.EqualTo("first"));
        Assert.That(File.ReadAllText(mount["streams/folder:its"]), Is.EqualTo("of a folder"));
        Assert.That(new FileInfo(mount["streams/file:large"]).Length, Is.EqualTo(70_000));
        Assert.That(File.ReadAllText(mount["streams/file"]), Is.EqualTo("main"));
        Assert.That(File.Exists(mount["streams/file:none"]), Is.False);
        Assert.That(File.Exists(mount["streams/file:"]), Is.False);
        string[] streams = ["one", "t\u00e4o", "empty", "large", "middle", "Zone.Identifier"];
        string expected = OfNtfs3G(directory => Hashes(directory, streams), "streams_interface=windows");
        Assert.That(Hashes(mount.Directory, streams), Is.EqualTo(expected));
        Assert.That(Tool.Run("getfattr", "-d", mount["streams/file"]).Succeeded().Text, Does.Not.Contain("user."));
        Assert.That(Tool.Run("getfattr", "--only-values", "-n", "ntfs.streams.list", mount["streams/file"]).Succeeded().Text, Does.Contain("Zone.Identifier"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Files_of_system_compression_have_the_hashes_that_wimlib_wrote()
    {
        using var mount = ImageMount.Mount(Full);
        string[] sums = File.ReadAllLines(mount["overlay/sums"]);
        Assert.That(sums, Has.Length.GreaterThan(12));
        Assert.Multiple(() =>
        {
            foreach (string[] words in sums.Select(line => line.Split("  ")))
            {
                byte[] contents = File.ReadAllBytes(mount[words[1]]);
                Assert.That(Convert.ToHexStringLower(SHA1.HashData(contents)), Is.EqualTo(words[0]), words[1]);
                Assert.That(Tool.Run("getfattr", "-d", mount[words[1]]).Succeeded().Text, Is.Empty, "the stream with the chunks is not one of its own");
            }
        });
    }

    [TestCase("deduplicated", "Operation not supported")]
    [TestCase("cloud elsewhere", "Operation not supported")]
    [TestCase("in an image", "Operation not supported")]
    [TestCase("unknown algorithm", "Operation not supported")]
    [TestCase("cloud", null)]
    [TestCase("unknown", null)]
    [CancelAfter(Limit)]
    public void What_is_not_here_is_refused_and_what_is_here_is_read(string name, string? problem)
    {
        using var mount = ImageMount.Mount(Full);
        ToolResult said = Tool.Run("cat", mount[$"unusual/{name}"]);
        Assert.That(said.Error, problem is null ? Is.Empty : Does.Contain(problem));
        Assert.That(new FileInfo(mount[$"unusual/{name}"]).Length, Is.GreaterThan(0), "its size is listed");
    }

    [Test]
    [CancelAfter(Limit)]
    public void Links_and_devices_that_Linux_does_not_know_are_what_they_are()
    {
        using var mount = ImageMount.Mount(Full);
        string said = Tool.Shell(
            "cd \"$1/unusual\" && stat -c '%n %F %t:%T' block character fifo socket && readlink 'linux link' 'not printed' volume", mount.Directory).Succeeded().Text;
        Assert.That(said.Trim().Split('\n'), Is.EqualTo((string[])
        [
            "block block special file 103:11170", "character character special file 5:3", "fifo fifo 0:0", "socket socket 0:0",
            "../compressed/te\u00dft", "D:/sub", "Volume{01234567-89ab-cdef-0123-456789abcdef}/",
        ]));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_stream_that_no_attribute_takes_is_told_when_it_is_lost_and_can_be_copied_as_a_file()
    {
        Need.Program("mke2fs", "e2fsprogs");
        using var folder = new TestFolder();
        Tool.Shell("truncate -s 16M \"$1\" && exec mke2fs -q -F -t ext4 -b 4096 \"$1\"", folder["ext4"]).Succeeded();
        using var device = new LoopDevice(folder["ext4"]);
        using var target = new KernelMount(device.Path, "ext4", "rw");
        ToolResult said = ImageFsProgram.Run("extract", "--preserve=xattr", Full, "streams", "-C", target.Directory);
        Assert.That(said.ExitCode, Is.EqualTo(1), said.Error);
        Assert.That(said.Error, Does.Match("(?m)^imagefs: streams/file: user.large: stream of 70000 bytes: .*streams_interface=windows"));
        Assert.That(said.Error, Does.Match("(?m)^imagefs: streams/file: user.middle: .*No space left on device"), "ext4 has a block for those of a file");
        Assert.That(Tool.Run("getfattr", "--only-values", "-n", "user.one", target["streams/file"]).Succeeded().Text, Is.EqualTo("first"));
        Assert.That(File.ReadAllText(target["streams/file"]), Is.EqualTo("main"));
        Assert.That(Directory.Exists(target["streams/folder"]), "and all that comes behind");

        ImageFsProgram.Run("extract", "-o", "streams_interface=windows", Full, "streams/file:large", "streams/file:middle", "-C", folder["out"]).Succeeded();
        Assert.That(new FileInfo(folder["out/streams/file:large"]).Length, Is.EqualTo(70_000));
        Assert.That(new FileInfo(folder["out/streams/file:middle"]).Length, Is.EqualTo(20_000));
    }

    private static void Fill(string image, string options = "", string size = "64M", params string[] words)
    {
        Need.Program("python3", "python3");
        Need.Program("wimcapture", "wimtools");
        NtfsImage.MakeEmpty(image, options, size);
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "fill-ntfs-data.py");
        using var device = new LoopDevice(image);
        using var mount = new KernelMount(device.Path, NtfsImage.OtherType, "rw,streams_interface=windows,special_files=wsl");
        Tool.Run("python3", [script, mount.Directory, .. words]).Succeeded();
    }

    // What ntfs3 shows as something else is in "unusual"; it does not decode system compression as Debian builds it.
    private static bool IsOfLinux(TreeEntry entry) =>
        entry.Path != "/" && !entry.Path.StartsWith("/unusual/", StringComparison.Ordinal) && !entry.Path.StartsWith("/overlay/", StringComparison.Ordinal);

    private static TreeEntry WithoutSizeOfLink(TreeEntry entry) => entry.IsSymbolicLink ? entry.Only(s_linkFacts) : entry;

    private static string AttributesOf(string directory) =>
        Tool.Run("python3", Path.Combine(AppContext.BaseDirectory, "Native", "ntfs-attributes.py"), directory).Succeeded().Text;

    private static string Hashes(string directory, string[] streams) =>
        string.Join(' ', streams.Select(stream => Convert.ToHexString(SHA1.HashData(File.ReadAllBytes($"{directory}/streams/file:{stream}")))));

    private string OfNtfs3G(Func<string, string> ask, string options = "streams_interface=xattr")
    {
        using var device = new LoopDevice(Full, "-r");
        using var mount = new KernelMount(device.Path, NtfsImage.OtherType, $"ro,{options}");
        return ask(mount.Directory);
    }
}
