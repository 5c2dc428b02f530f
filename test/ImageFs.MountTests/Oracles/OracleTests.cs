using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>The outside readers against each other, without ImageFs: so that a test which fails on them is about ImageFs.</summary>
internal sealed class OracleTests
{
    [Test]
    public void Isofs_and_xorriso_agree_on_rock_ridge([Values("sample", "rockridge-joliet", "deep-xorriso", "eltorito")] string name)
    {
        string image = TestImages.Get(name);
        Assert.That(LinuxReader.List(image, "nojoliet")!.DifferencesFrom(Xorriso.List(image), Facts.All), Is.Empty);
    }

    [Test]
    public void Isofs_and_bsdtar_agree_on_rock_ridge([Values("sample", "rockridge-joliet", "eltorito")] string name)
    {
        string image = TestImages.Get(name);
        Assert.That(LinuxReader.List(image, "nojoliet")!.DifferencesFrom(Bsdtar.List(image), Facts.All), Is.Empty);
    }

    [Test]
    public void Isofs_refuses_an_option_that_it_does_not_know() =>
        Assert.That(LinuxReader.List(TestImages.Get("sample"), "no-such-option"), Is.Null);

    [Test]
    public void A_question_that_stops_the_machine_is_told_and_costs_no_other()
    {
        LinuxQuestion question = new(TestImages.Get("sample")) { Steps = ["sysrq=c"] };
        Assert.That(() => LinuxReader.Ask(question), Throws.InvalidOperationException.With.Message.Contain("sample").And.Message.Contain("crash"));
        Assert.That(LinuxReader.List(question.Image), Is.Not.Null);
    }

    [Test]
    public void What_is_no_step_is_told() =>
        Assert.That(LinuxReader.Ask(new LinuxQuestion(TestImages.Get("sample")) { Steps = ["fold=2"] }).Messages, Has.Some.EqualTo("error 22 fold"));

    [TestCase("ext4", "", "ext/ext4", 512)]
    [TestCase("vfat", "utf8=1", "fat/fat16-4096", 4096)]
    [TestCase("exfat", "", "exfat/filled", 512)]
    [TestCase("udf", "", "udf/hd201", 2048)]
    public void A_partition_and_a_mapping_of_it_show_what_the_file_system_alone_shows(string type, string options, string name, int sectorSize)
    {
        const int Start = 1 << 20;
        using var folder = new TestFolder();
        byte[] contents = File.ReadAllBytes(TestImages.Get(name));
        int sectors = contents.Length / sectorSize;
        Sfdisk.Write(folder["disk"], (Start * 2 + contents.Length) / Start, $"label: dos\nstart={Start / sectorSize}, size={sectors}, type=83", sectorSize);
        using (FileStream disk = File.OpenWrite(folder["disk"]))
        {
            disk.Position = Start;
            disk.Write(contents);
        }

        TreeListing expected = List(TestImages.Get(name));
        Assert.That(List(folder["disk"], "part=1").DifferencesFrom(expected, Facts.All), Is.Empty);
        Assert.That(List(folder["disk"], $"dm=0 {contents.Length / 512} linear $1 {Start / 512}").DifferencesFrom(expected, Facts.All), Is.Empty);

        TreeListing List(string image, params string[] steps)
        {
            LinuxAnswer answer = LinuxReader.Ask(new LinuxQuestion(image, options, type) { Steps = steps, SectorSize = sectorSize });
            Assert.That(answer.Tree, Is.Not.Null, string.Join('\n', answer.Messages));
            return answer.Tree!.Select(entry => entry.Path == "/" ? entry.Only("mode") : entry);
        }
    }

    [Test]
    public void A_volume_over_two_disks_is_put_together()
    {
        using var folder = new TestFolder();
        string image = TestImages.Get("ext/ext4");
        byte[] contents = File.ReadAllBytes(image);
        int half = contents.Length / 2 / 512 * 512;
        File.WriteAllBytes(folder["a"], contents[..half]);
        File.WriteAllBytes(folder["b"], contents[half..]);
        LinuxQuestion question = new(folder["a"], "noload", "ext4")
        {
            MoreImages = [folder["b"]],
            Steps = [$"dm=0 {half / 512} linear $1 0;{half / 512} {(contents.Length - half) / 512} linear $2 0"],
        };
        LinuxAnswer answer = LinuxReader.Ask(question);
        Assert.That(answer.Tree, Is.Not.Null, string.Join('\n', answer.Messages));
        Assert.That(answer.Tree!.DifferencesFrom(LinuxReader.List(image, "noload", "ext4")!, Facts.Recorded), Is.Empty);
    }

    [Test]
    public void A_name_of_any_bytes_survives()
    {
        TreeListing listing = LinuxReader.List(TestImages.Get("rockridge"))!;
        Assert.That(listing.Contains(@"/new\x0aline"));
        Assert.That(listing.Contains(@"/invalid-utf8-\xff\xfe"));
        Assert.That(listing.Contains(@"/back\x5cslash"));
    }

    [Test]
    public void A_difference_is_told_by_path_and_fact()
    {
        TreeListing expected = TreeListing.Parse(["/ mode=40755", "/a mode=100444", "/gone mode=100444"]);
        TreeListing actual = TreeListing.Parse(["/ mode=40755", "/a mode=100644", "/new mode=100444"]);
        Assert.That(
            actual.DifferencesFrom(expected, Facts.All),
            Is.EqualTo(new[] { "/new: not expected", "/a: mode 100644 expected 100444", "/gone: missing" }));
    }

    [Test]
    public void Escaping_and_unescaping_give_the_same_bytes()
    {
        byte[] bytes = [.. Enumerable.Range(1, 255).Select(b => (byte)b)];
        Assert.That(TreeListing.Unescape(TreeListing.Escape(bytes)), Is.EqualTo(bytes));
    }
}
