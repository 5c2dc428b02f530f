using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Ewf;

namespace ImageFs.Tests.Storage.Containers.Ewf;

/// <summary>Forensic images that ewfacquire wrote.</summary>
internal sealed class EwfTests
{
    // The last chunk has 3 sectors.
    private const int Length = (40 * 32768) + (3 * 512);

    private DiskFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new DiskFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase("ewf", "best", "e01")]
    [TestCase("ewf", "none", "e01")]
    [TestCase("smart", "fast", "s01")]
    [TestCase("ftk", "none", "E01")]
    [TestCase("encase2", "fast", "E01")]
    [TestCase("encase4", "empty-block", "E01")]
    [TestCase("encase5", "best", "E01")]
    [TestCase("encase6", "empty-block", "E01")]
    [TestCase("encase7", "fast", "E01")]
    [TestCase("linen6", "none", "E01")]
    [TestCase("ewfx", "fast", "e01")]
    public void A_disk_is_read_as_it_was_acquired(string format, string compression, string extension)
    {
        byte[] source = _folder.WriteSource(Length);
        Acquire(format, compression);
        BlockSource disk = _folder.Open($"disk.{extension}");
        DiskAssert.Holds(disk, source);
        ExtentKind[] kinds = [.. DiskAssert.MapWhole(disk).Select(extent => extent.Kind).Distinct().Order()];
        bool packsAll = format is "ewf" or "smart";
        Assert.That(kinds, compression == "none" && !packsAll ? Is.EqualTo([ExtentKind.Mapped]) : Does.Contain(ExtentKind.Encoded));
        Assert.That(kinds.Contains(ExtentKind.Mapped), Is.EqualTo(!packsAll));
        Assert.That(_folder.Warnings, Is.Empty);
        Assert.That(Verify(disk), Is.Empty);
    }

    [TestCase(16)]
    [TestCase(1024)]
    public void Chunks_may_be_small_and_large(int sectors)
    {
        byte[] source = _folder.WriteSource(Length);
        Acquire("encase6", "fast", "-b", $"{sectors}");
        BlockSource disk = _folder.Open("disk.E01");
        DiskAssert.Holds(disk, source);
        Assert.That(((Container)disk).Describe().Find("chunk-size"), Is.EqualTo(sectors * 512L));
    }

    [Test]
    public void What_the_examiner_wrote_down_is_told()
    {
        _folder.WriteSource(Length);
        Acquire("encase6", "fast", "-C", "case 42", "-E", "7b", "-e", "J. Doe", "-D", "the disk", "-N", "found", "-d", "sha1", "-m", "removable");
        ImageDescription description = ((Container)_folder.Open("disk.E01")).Describe();
        Assert.That(description.Kind, Is.EqualTo("ewf"));
        Assert.That(description.Find("case-number"), Is.EqualTo("case 42"));
        Assert.That(description.Find("evidence-number"), Is.EqualTo("7b"));
        Assert.That(description.Find("examiner"), Is.EqualTo("J. Doe"));
        Assert.That(description.Find("description"), Is.EqualTo("the disk"));
        Assert.That(description.Find("notes"), Is.EqualTo("found"));
        Assert.That(description.Find("acquired"), Is.InstanceOf<DateTimeOffset>());
        Assert.That(description.Find("acquired-on"), Is.EqualTo("Linux"));
        Assert.That(description.Find("medium"), Is.EqualTo("removable disk"));
        Assert.That(description.Find("compression"), Is.EqualTo("fast"));
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA1.HashData(File.ReadAllBytes(_folder[DiskFolder.Source])));
        Assert.That(description.Find("sha1"), Is.EqualTo(hash));
        Assert.That($"{description.Find("md5")}", Has.Length.EqualTo(32));
    }

    [Test]
    public void Dates_of_old_images_have_no_zone()
    {
        _folder.WriteSource(Length);
        Acquire("ftk", "fast", "-e", "J. Doe");
        ImageDescription description = ((Container)_folder.Open("disk.E01")).Describe();
        Assert.That(description.Find("examiner"), Is.EqualTo("J. Doe"));
        Assert.That(description.Find("acquired"), Does.Match("^20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"));
    }

    [Test]
    public void Segments_are_one_disk_and_a_missing_one_is_named()
    {
        byte[] source = AcquireSegments();
        BlockSource disk = _folder.Open("disk.E01");
        DiskAssert.Holds(disk, source);
        Assert.That(Verify(disk), Is.Empty);
        Assert.That(((Container)disk).Describe().Find("segments"), Is.GreaterThanOrEqualTo(4L));

        File.Delete(_folder["disk.E03"]);
        disk = _folder.Open("disk.E01");
        byte[] start = new byte[1 << 20];
        disk.ReadAt(0, start);
        Assert.That(source.AsSpan().StartsWith(start));
        Assert.That(_folder.Warnings.Single(), Does.Contain("the segment disk.E03 is missing"));
        Assert.That(() => disk.ReadAt(disk.Length - 1, new byte[1]), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("disk.E03 is missing"));
        Assert.That(Verify(disk), Has.Some.Contains("disk.E03 is missing"));
    }

    [Test]
    public void A_segment_by_itself_or_of_another_image_is_refused()
    {
        AcquireSegments();
        Assert.That(() => _folder.Open("disk.E02"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("it is segment 2").And.Message.Contains("name the first"));
        File.Copy(_folder["disk.E03"], _folder["disk.E02"], overwrite: true);
        Assert.That(() => _folder.Open("disk.E01"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("it is segment 3"));
    }

    [Test]
    public void An_image_that_is_cut_short_is_read_up_to_there()
    {
        byte[] source = AcquireSegments();
        using (FileStream file = File.OpenWrite(_folder["disk.E02"]))
        {
            file.SetLength(file.Length / 2);
        }

        BlockSource disk = _folder.Open("disk.E01");
        Assert.That(_folder.Warnings.Single(), Does.Contain("disk.E02 is cut short"));
        byte[] start = new byte[1 << 19];
        disk.ReadAt(0, start);
        Assert.That(source.AsSpan().StartsWith(start));
        Assert.That(() => disk.ReadAt(disk.Length - 1, new byte[1]), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Verify_finds_a_changed_byte_wherever_it_is()
    {
        _folder.WriteSource(Length);
        Acquire("encase6", "fast");
        byte[] image = File.ReadAllBytes(_folder["disk.E01"]);
        ExtentKind[] seen = [ExtentKind.Mapped, ExtentKind.Encoded];
        foreach (ExtentKind kind in seen)
        {
            BlockSource disk = _folder.Open("disk.E01");
            Extent extent = default;
            for (long offset = 0; extent.Kind != kind; offset = extent.Offset + extent.Length)
            {
                extent = disk.Map(offset, 32768, out _);
            }

            byte[] changed = [.. image];
            changed[extent.Address + 9] ^= 0x40;
            File.WriteAllBytes(_folder["changed.E01"], changed);
            Assert.That(Verify(_folder.Open("changed.E01")).Single(), Does.Contain(kind == ExtentKind.Mapped ? "its Adler-32 is" : "no whole stream of zlib"), $"{kind}");
        }
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        File.WriteAllBytes(_folder[DiskFolder.Source], _folder.WriteSource(Length)[..(6 * 32768)]);
        Acquire("encase6", "fast");
        DiskMutations.Check(File.ReadAllBytes(_folder["disk.E01"]), 71);
        Acquire("smart", "best");
        DiskMutations.Check(File.ReadAllBytes(_folder["disk.s01"]), 72);
    }

    [TestCase(1, ExpectedResult = "a.E01")]
    [TestCase(99, ExpectedResult = "a.E99")]
    [TestCase(100, ExpectedResult = "a.EAA")]
    [TestCase(125, ExpectedResult = "a.EAZ")]
    [TestCase(126, ExpectedResult = "a.EBA")]
    [TestCase(775, ExpectedResult = "a.EZZ")]
    [TestCase(776, ExpectedResult = "a.FAA")]
    [TestCase(14971, ExpectedResult = "a.ZZZ")]
    [TestCase(14972, ExpectedResult = null)]
    public string? Segments_are_named_by_numbers_and_then_by_letters(int number) => SegmentName.Of("/x/a.E01")!.Value.Find(number);

    [Test]
    public void Small_letters_stay_small_and_other_names_have_no_followers()
    {
        Assert.That(SegmentName.Of("a.s01")!.Value.Find(100), Is.EqualTo("a.saa"));
        Assert.That(SegmentName.Of("a.E02"), Is.Null);
        Assert.That(SegmentName.Of("E01"), Is.Null);
        Assert.That(SegmentName.Of("a.001"), Is.Null);
    }

    [Test]
    public void Adler_32_is_what_its_definition_says()
    {
        byte[] bytes = new byte[20_000];
        foreach (int seed in (int[])[1, 2])
        {
            if (seed == 1)
            {
                bytes.AsSpan().Fill(0xFF);
            }
            else
            {
                new Random(seed).NextBytes(bytes);
            }

            foreach (int length in (int[])[0, 1, 5551, 5552, 5553, 11105, 20_000])
            {
                Assert.That(Adler32.Of(bytes.AsSpan(0, length)), Is.EqualTo(EwfImage.Adler(bytes.AsSpan(0, length))), $"{length}");
            }
        }
    }

    /// <summary>What <c>verify</c> finds.</summary>
    internal static string[] Verify(BlockSource disk)
    {
        var found = new List<string>();
        foreach (Check check in ((Container)disk).Checks)
        {
            var run = new CheckRun(finding => found.Add($"{finding}"), static _ => { });
            check.Run!(run);
            Assert.That(run.State, Is.EqualTo(CheckState.Done), check.Name);
        }

        return [.. found.Distinct()];
    }

    private byte[] AcquireSegments()
    {
        byte[] source = new byte[4 << 20];
        new Random(5).NextBytes(source);
        File.WriteAllBytes(_folder[DiskFolder.Source], source);
        Acquire("encase6", "none", "-S", "1048576");
        return source;
    }

    private void Acquire(string format, string compression, params string[] more) =>
        _folder.Run("ewfacquire", ["-u", "-q", "-f", format, "-c", compression, "-t", "disk", .. more, DiskFolder.Source]);
}
