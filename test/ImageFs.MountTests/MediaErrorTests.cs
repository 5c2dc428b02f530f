using System.Globalization;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Bad sectors: EIO for the bytes concerned and only those, whoever asks and however, and no longer than they are bad.</summary>
internal sealed class MediaErrorTests
{
    private const int Limit = Limits.Test;
    private const int PageSize = 4096;
    private const string InputOutputError = "5";
    private const string Big = "big";
    private const string Many = "/many";

    private const string Tree =
        """
        mkdir -p "$1"/whole "$1"/many && cd "$1"
        seq 500000 | head -c 2600000 >big
        for i in before after whole/file; do seq -f "$i %g" 3000 >$i; done
        for i in $(seq 100 199); do seq -f "many $i %g" 40 >many/file-$i; done
        """;

    // Reads the file in a way and compares it with a copy: prints the ranges that fail with EIO, a line each, and what is wrong.
    private const string Reader =
        """
        import errno, mmap, os, signal, sys
        path, copy, way = sys.argv[1:]
        expected = open(copy, "rb").read()
        size, page = len(expected), mmap.PAGESIZE
        fd = os.open(path, os.O_RDONLY | (os.O_DIRECT if way == "direct" else 0))
        failed = []
        def check(at, length, data):
            if data != expected[at:at + length]: print("wrong", at, length)
        def fail(start, end):
            if failed and failed[-1][1] == start: failed[-1][1] = end
            else: failed.append([start, end])
        def try_read(at, length):
            try: return os.pread(fd, length, at)
            except OSError as e:
                if e.errno != errno.EIO: print(e)
                return None
        def pieces(length):
            for at in range(0, size, length):
                data = try_read(at, length)
                if data is None: fail(at, min(at + length, size))
                else: check(at, length, data)
        def stream(length):
            at = 0
            while at < size:
                data = try_read(at, length)
                if data: check(at, len(data), data)
                else: fail(at, min(at // page * page + page, size))
                at += len(data) if data else page - at % page
        def mapped():
            pages = mmap.mmap(fd, size, prot=mmap.PROT_READ)
            at = 0
            while at < size:
                # A child goes from page to page until it is killed by one; its exit says nothing, a byte for each page does.
                out, into = os.pipe()
                child = os.fork()
                if child == 0:
                    for i in range(at, size, page):
                        good = pages[i:i + page] == expected[i:i + page]
                        os.write(into, b"." if good else b"x")
                    os._exit(0)
                os.close(into)
                told = open(out, "rb").read()
                status = os.waitpid(child, 0)[1]
                if b"x" in told: print("wrong", at)
                at += page * len(told)
                if at < size:
                    if os.WTERMSIG(status) != signal.SIGBUS: print("status", status)
                    fail(at, min(at + page, size))
                    at += page
        {"pages": lambda: pieces(page), "direct": lambda: pieces(512), "small": lambda: stream(100), "large": lambda: stream(1 << 20), "mapped": mapped}[way]()
        for start, end in failed: print(start, end)
        """;

    private static readonly string[] s_formats = ["iso9660", "ext4", "vfat"];
    private readonly Dictionary<string, (string Image, string Tree)> _made = [];
    private TestFolder _folder = null!;

    [OneTimeSetUp]
    public void MakeImages()
    {
        Need.Program("python3", "python3");
        Need.Program("genisoimage", "genisoimage");
        Need.Program("mke2fs", "e2fsprogs");
        Need.Program("mkfs.fat", "dosfstools");
        Need.Program("mcopy", "mtools");
        _folder = new TestFolder();
        string tree = _folder.CreateDirectory("tree");
        Tool.Shell(Tree, tree).Succeeded();
        foreach (string format in s_formats)
        {
            string image = _folder[format];
            string script = format switch
            {
                "iso9660" => "genisoimage -quiet -R -o \"$1\" \"$2\"",
                "ext4" => "truncate -s 32M \"$1\" && mke2fs -q -F -t ext4 -b 4096 -I 256 -O ^has_journal -d \"$2\" \"$1\"",
                _ => "truncate -s 32M \"$1\" && mkfs.fat -F 16 -s 8 \"$1\" && cd \"$2\" && MTOOLS_SKIP_CHECK=1 mcopy -s -i \"$1\" * ::/",
            };
            Tool.Shell(script, image, tree).Succeeded();
            _made[format] = (image, tree);
        }
    }

    [OneTimeTearDown]
    public void RemoveImages() => _folder.Dispose();

    [Test]
    [CancelAfter(Limit)]
    public void Bad_sectors_in_a_file_fail_those_bytes_alone_until_they_are_good_again(
        [ValueSource(nameof(s_formats))] string format, [Values] bool asDevice, [Values("splice", "copy")] string reply)
    {
        (string image, string tree) = _made[format];
        string copy = Path.Combine(tree, Big);
        const int Offset = 1_000_000;
        long address = PlaceOf(image, File.ReadAllBytes(copy).AsSpan(Offset, 4 * PageSize));
        long bad = ((address / PageSize) + 1) * PageSize;
        long start = Offset + bad - address;
        (long Start, long End) range = (start, start + (2 * PageSize));
        (long Start, long End) pages = (range.Start / PageSize * PageSize, (range.End + PageSize - 1) / PageSize * PageSize);

        using var failing = new FailingImage(image);
        using var device = asDevice ? new LoopDevice(failing.Path, "-r") : null;
        using var mount = ImageMount.MountInForeground(device?.Path ?? failing.Path, $"reply={reply}");
        TreeListing good = mount.List();
        failing.Fail((bad, bad + (2 * PageSize)));

        // The kernel caches whole pages of the file; who reads past its cache gets all but the bad sectors.
        using (Assert.EnterMultipleScope())
        {
            AssertFails(mount[Big], copy, "large", pages);
            AssertFails(mount[Big], copy, "pages", pages);
            AssertFails(mount[Big], copy, "mapped", pages);
            AssertFails(mount[Big], copy, "direct", (range.Start / 512 * 512, (range.End + 511) / 512 * 512));
            AssertFails(mount[Big], copy, "small", pages);
        }

        TreeListing listing = mount.List();
        Assert.That(listing[$"/{Big}"]["sha256"], Is.EqualTo($"!{InputOutputError}"));
        Assert.That(Without(listing, $"/{Big}").DifferencesFrom(Without(good, $"/{Big}"), Facts.All), Is.Empty);

        failing.Fail(null);
        Assert.That(mount.List().DifferencesFrom(good, Facts.All), Is.Empty);
        AssertFails(mount[Big], copy, "pages", null);
        AssertLogNames(mount, bad);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Bad_sectors_in_a_directory_fail_that_directory_alone([ValueSource(nameof(s_formats))] string format, [Values] bool asDevice)
    {
        (string image, _) = _made[format];
        long bad = PlaceOf(image, format == "vfat" ? "FILE-150"u8 : "file-150"u8) / PageSize * PageSize;

        using var failing = new FailingImage(image);
        using var device = asDevice ? new LoopDevice(failing.Path, "-r") : null;
        TreeListing good;
        using (var first = ImageMount.Mount(failing.Path))
        {
            good = first.List();
        }

        // Mounted again: nothing is known of the directory yet.
        using var mount = ImageMount.MountInForeground(device?.Path ?? failing.Path);
        failing.Fail((bad, bad + PageSize));
        ToolResult stat = Tool.Run("stat", mount["many/file-150"]);
        Assert.That(stat.Error, Does.Contain("Input/output error"), "a name that cannot be read may be there");
        TreeListing listing = mount.List();
        Assert.That(listing[Many]["list"], Is.EqualTo($"!{InputOutputError}"));
        AssertSound(listing, good, entry => entry.Path.StartsWith(Many, StringComparison.Ordinal));

        failing.Fail(null);
        Assert.That(mount.List().DifferencesFrom(good, Facts.All), Is.Empty);
        AssertLogNames(mount, bad);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Bad_sectors_in_an_allocation_table_fail_what_is_behind_their_links([Values] bool asDevice)
    {
        const int ClusterSize = PageSize;
        (string image, string tree) = _made["vfat"];
        string copy = Path.Combine(tree, Big);
        long table = BitConverter.ToUInt16(File.ReadAllBytes(image), startIndex: 14) * 512L;

        using var failing = new FailingImage(image);
        using var device = asDevice ? new LoopDevice(failing.Path, "-r") : null;
        TreeListing good;
        using (var first = ImageMount.Mount(failing.Path))
        {
            good = first.List();
        }

        using var mount = ImageMount.MountInForeground(device?.Path ?? failing.Path);
        failing.Fail((table, table + PageSize));
        AssertFails(mount[Big], copy, "pages", (ClusterSize, new FileInfo(copy).Length));
        failing.Fail(null);
        Assert.That(mount.List().DifferencesFrom(good, Facts.All), Is.Empty);
        AssertLogNames(mount, table);
    }

    [Test]
    [CancelAfter(Limit)]
    public void Bad_sectors_in_an_inode_table_fail_the_inodes_in_them_alone([Values] bool asDevice)
    {
        const int InodesInPage = PageSize / 256;
        (string image, _) = _made["ext4"];
        string told = Tool.Run("debugfs", "-R", "imap /many/file-150", image).Succeeded().Text;
        long bad = PageSize * long.Parse(Regex.Match(told, @"located at block (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);

        using var failing = new FailingImage(image);
        using var device = asDevice ? new LoopDevice(failing.Path, "-r") : null;
        TreeListing good;
        using (var first = ImageMount.Mount(failing.Path))
        {
            good = first.List();
        }

        using var mount = ImageMount.MountInForeground(device?.Path ?? failing.Path);
        failing.Fail((bad, bad + PageSize));
        TreeListing listing = mount.List();
        int page = PageOf(good[$"{Many}/file-150"]);
        string[] expected = [.. good.Entries.Where(entry => PageOf(entry) == page).Select(entry => entry.Path)];
        Assert.That(listing.Entries.Where(entry => entry["error"] == InputOutputError).Select(entry => entry.Path), Is.EqualTo(expected));
        Assert.That(expected, Has.Length.EqualTo(InodesInPage));
        AssertSound(listing, good, entry => PageOf(good[entry.Path]) == page);

        failing.Fail(null);
        Assert.That(mount.List().DifferencesFrom(good, Facts.All), Is.Empty);
        AssertLogNames(mount, bad);

        static int PageOf(TreeEntry entry) => (int.Parse(entry["ino"]!, CultureInfo.InvariantCulture) - 1) / InodesInPage;
    }

    [Test]
    [CancelAfter(Limit)]
    public void An_image_file_cut_short_in_a_page_fails_what_is_gone_and_only_that(
        [Values("auto", "splice", "gather", "direct", "copy")] string reply, [Values(1, 2500)] int left)
    {
        (string whole, string tree) = _made["iso9660"];
        string copy = Path.Combine(tree, Big);
        long length = new FileInfo(copy).Length;
        long address = PlaceOf(whole, File.ReadAllBytes(copy));
        long cut = ((address + length - 40_000) / PageSize * PageSize) + left;
        long start = cut - address;

        using var folder = new TestFolder();
        string image = folder["image.iso"];
        File.Copy(whole, image);
        using var mount = ImageMount.MountInForeground(image, $"reply={reply}");
        Assert.That(Tool.Run("head", "-c", "1", mount[Big]).Succeeded().Text, Is.EqualTo("1"), "the file is open in the server");
        using (FileStream file = File.OpenWrite(image))
        {
            file.SetLength(cut);
        }

        using (Assert.EnterMultipleScope())
        {
            AssertFails(mount[Big], copy, "direct", (start / 512 * 512, length));
            AssertFails(mount[Big], copy, "large", (start / PageSize * PageSize, length));
            AssertFails(mount[Big], copy, "pages", (start / PageSize * PageSize, length));
            AssertFails(mount[Big], copy, "small", (start / PageSize * PageSize, length));
            AssertFails(mount[Big], copy, "mapped", (start / PageSize * PageSize, length));
        }
    }

    private static long PlaceOf(string image, ReadOnlySpan<byte> bytes)
    {
        long place = File.ReadAllBytes(image).AsSpan().IndexOf(bytes);
        Assert.That(place, Is.Positive, "not in the image, or not in one piece");
        return place;
    }

    private static void AssertFails(string path, string copy, string way, (long Start, long End)? expected) =>
        Assert.That(
            Tool.Run("python3", "-c", Reader, path, copy, way).Succeeded().Text.Trim(),
            Is.EqualTo(expected is { } range ? $"{range.Start} {range.End}" : string.Empty), way);

    private static TreeListing Without(TreeListing listing, string path) => listing.Where(entry => entry.Path != path);

    // What is told of what may be hurt is right, and all else is told too.
    private static void AssertSound(TreeListing listing, TreeListing good, Func<TreeEntry, bool> mayBeHurt)
    {
        TreeListing sound = listing.Where(entry => !mayBeHurt(entry));
        Assert.That(sound.DifferencesFrom(good.Where(entry => !mayBeHurt(entry)), Facts.All), Is.Empty);
        TreeListing hurt = listing.Where(entry => mayBeHurt(entry) && entry["error"] is null && entry["list"] is null);
        Assert.That(hurt.DifferencesFrom(good.Where(entry => hurt.Contains(entry.Path)), Facts.All), Is.Empty);
    }

    private static void AssertLogNames(ImageMount mount, long address)
    {
        Assert.That(mount.Server!.HasExited, Is.False);
        mount.Unmount().Succeeded();
        string log = mount.Server.StandardError.ReadToEnd();
        Match line = Regex.Match(log, $@"{Regex.Escape(mount.Image)} at 0x([0-9a-f]+): pread: Input/output error \(EIO");
        Assert.That(line.Success, log);
        Assert.That(Convert.ToInt64(line.Groups[1].Value, 16), Is.InRange(address, address + (2 * PageSize)));
    }
}
