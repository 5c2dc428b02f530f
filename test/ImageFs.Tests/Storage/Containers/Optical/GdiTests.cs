using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Containers.Optical.Gdi;
using static ImageFs.Tests.Storage.Containers.Optical.CueTests;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>GDI sheets of Dreamcast's discs.</summary>
internal sealed class GdiTests
{
    private const string Sheet = "3\n1 0 4 2352 \"track 01.bin\" 0\n2 100 0 2352 \"track 02.raw\" 0\n 3 45000 4 2352 \"track 03.bin\" 0\n";

    private static DiscFiles Files => new DiscFiles()
        .With("track 01.bin", Sectors.Mode1(0, 50)).With("Track 02.RAW", Sectors.Audio(100, 40)).With("track 03.bin", Sectors.Mode1(45_000, 30));

    [TestCase(Sheet)]
    [TestCase("\n 3 \r\n1 0 4 2352 track 01.bin 0\r\n2 100 0 2352 track 02.raw 0\r\n\r\n3 45000 4 2352 track 03.bin 0")]
    public void The_high_density_area_is_the_session_that_is_shown(string sheet)
    {
        Disc disc = Files.With("x.gdi", sheet).Open("x.gdi");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2352 0+50", "2 s1 AUDIO 100+40", "3 s2 MODE1/2352 45000+30"]));
        Assert.That(disc.Sessions.Default, Is.EqualTo(45_000 * 2048L));
        Assert.That(Sectors.ReadSectors(disc, 45_000, 30), Is.EqualTo(Sectors.Cooked(45_000, 30)));
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(100, 40)));
    }

    [Test]
    public void A_track_begins_where_the_sheet_says_in_its_file()
    {
        byte[] file = [.. Sectors.Mode1(0, 50), .. Sectors.Cooked(45_000, 30)];
        Disc disc = new DiscFiles().With("x.bin", file).With("x.gdi", $"2\n1 0 4 2352 x.bin 0\n2 45000 4 2048 X.BIN {50 * 2352}\n").Open("x.gdi");
        Assert.That(Sectors.ReadSectors(disc, 45_000, 30), Is.EqualTo(Sectors.Cooked(45_000, 30)));
    }

    [TestCase("3\n1 0 4 2352 a.bin\n")]
    [TestCase("0\n1 0 4 2352 a.bin 0\n")]
    [TestCase("3 tracks\n1 0 4 2352 a.bin 0\n")]
    [TestCase("1\n")]
    [TestCase("")]
    public void What_is_none_is_not_recognised(string text) =>
        Assert.That(new GdiFormat().Probe(new DiscFiles().With("x.gdi", text).File("x.gdi")), Is.False);

    [TestCase("1\n1 0 4 2352 a.bin 0\nnonsense", "line 3")]
    [TestCase("1\n1 0 4 2352 a.bin 0\n1 60 4 2352 a.bin 0", "two tracks 1")]
    public void What_contradicts_itself_is_refused(string text, string words)
    {
        DiscFiles files = new DiscFiles().With("a.bin", Sectors.Mode1(0, 10)).With("x.gdi", text);
        Assert.That(() => files.Open("x.gdi"), Throws.TypeOf<InvalidImageException>().With.Message.Contains(words));
    }
}
