using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Volumes;
using static ImageFs.Tests.Storage.Containers.Optical.CueTests;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>The same disc in the formats of CloneCD, Nero, Alcohol and cdrdao.</summary>
internal sealed class FormatTests
{
    [TestCase(0)]
    [TestCase(150)]
    public void CloneCD(int pregap)
    {
        Disc disc = DiscImages.CloneCd(pregap).Open("disc.ccd");

        // Its table of contents has no pregaps.
        Assert.That(Facts(disc), Is.EqualTo((string[])[DiscImages.Facts[0], "2 s1 AUDIO 90+60", DiscImages.Facts[2]]));
        AssertData(disc);
        Assert.That(Samples(disc, 2), Is.EqualTo(DiscImages.Sound));
    }

    [Test]
    public void CloneCD_without_its_image_says_which_file_is_missing()
    {
        DiscFiles files = new DiscFiles().With("disc.ccd", "[CloneCD]\n[Entry 0]\nPoint=1\nPLBA=0\n[Entry 1]\nPoint=0xa2\nPLBA=9");
        Assert.That(() => files.Open("disc.ccd"), Throws.TypeOf<LinuxException>().With.Message.Contains("disc.img"));
    }

    [TestCase("[CloneCD]\n", "no entry")]
    [TestCase("[CloneCD]\n[Entry 0]\nPoint=1", "[Entry 0]")]
    [TestCase("[CloneCD]\n[Entry 0]\nPoint=1\nPLBA=0\nSession=1", "lead-out")]
    [TestCase("[CloneCD]\n[Entry 0]\nPoint=1\nPLBA=10\n[Entry 1]\nPoint=0xA2\nPLBA=9", "-1 sectors")]
    [TestCase("[CloneCD]\n[Entry 0]\nPoint=1\nPLBA=0\nSession=5000", "session 5000")]
    public void CloneCD_that_contradicts_itself(string sheet, string words)
    {
        DiscFiles files = new DiscFiles().With("disc.img", DiscImages.FirstData).With("disc.ccd", sheet);
        Assert.That(() => files.Open("disc.ccd"), Throws.TypeOf<InvalidImageException>().With.Message.Contains(words));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Nero(bool isWide)
    {
        Disc disc = new DiscFiles().With("disc.nrg", DiscImages.Nero(isWide)).Open("disc.nrg");
        Assert.That(Facts(disc), Is.EqualTo(DiscImages.Facts));
        AssertData(disc);
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(100, 50)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Nero_track_by_track(bool isWide)
    {
        Disc disc = new DiscFiles().With("disc.nrg", DiscImages.NeroByTracks(isWide)).Open("disc.nrg");
        Assert.That(Facts(disc), Is.EqualTo((string[])[DiscImages.Facts[0], "2 s1 AUDIO 90+60", DiscImages.Facts[2]]));
        AssertData(disc);
    }

    [Test]
    public void Alcohol([Values] bool isWide, [Values(0, 96)] int subchannel)
    {
        Disc disc = DiscImages.Alcohol(isWide, subchannel).Open("disc.mds");
        int size = 2352 + subchannel;
        Assert.That(Facts(disc), Is.EqualTo(DiscImages.Facts.Select(fact => fact.Replace("2352", $"{size}", StringComparison.Ordinal))));
        AssertData(disc);
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(100, 50)));
    }

    [Test]
    public void Alcohol_of_a_later_version_is_refused_by_name()
    {
        DiscFiles files = new DiscFiles().With("disc.mds", [.. "MEDIA DESCRIPTOR"u8, 2, 0, .. new byte[100]]);
        Assert.That(() => files.Open("disc.mds"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("encrypted"));
    }

    [Test]
    public void A_TOC_file_with_pieces_silence_and_pregaps()
    {
        byte[] image = [.. Sectors.Mode1(0, 90), .. Sectors.Swap(Sectors.Audio(100, 50))];
        Disc disc = new DiscFiles().With("disc.bin", image).With("disc.toc", $$"""
            CD_ROM
            CATALOG "1234567890123"
            CD_TEXT { LANGUAGE_MAP { 0 : EN } LANGUAGE 0 { TITLE "a \"TRACK\" }" } }
            // Track 1
            TRACK MODE1_RAW
            NO COPY
            DATAFILE "disc.bin" {{Sectors.Time(40)}} // length in bytes: 94080
            DATAFILE "disc.bin" #{{40 * 2352}} {{50 * 2352}}
            ZERO MODE1_RAW 00:00:05

            TRACK AUDIO
            COPY
            NO PRE_EMPHASIS
            TWO_CHANNEL_AUDIO
            ISRC "USRC17607839"
            SILENCE 00:00:05
            START 00:00:05
            FILE "disc.bin" #{{90 * 2352}} 0 {{Sectors.Time(20)}}
            FILE "disc.bin" #{{90 * 2352}} {{Sectors.Time(20)}} {{30 * 588}}
            INDEX 00:00:10
            """).Open("disc.toc");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2352 0+95", "2 s1 AUDIO 100+50"]));
        Assert.That(Sectors.ReadSectors(disc, 0, 90), Is.EqualTo(Sectors.Cooked(0, 90)));
        Assert.That(Sectors.ReadSectors(disc, 90, 5), Is.All.Zero);
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(100, 50)));
    }

    [TestCase("MODE1", 2048)]
    [TestCase("MODE2_FORM1", 2048)]
    [TestCase("MODE2", 2336)]
    [TestCase("MODE2_FORM_MIX", 2336)]
    [TestCase("MODE2_RAW", 2352)]
    [TestCase("MODE1_RAW RW", 2448)]
    public void A_TOC_file_names_the_mode(string mode, int size)
    {
        byte[] image = size switch
        {
            2048 => Sectors.Cooked(0, 30),
            2336 => Sectors.Mode2Bare(0, 30),
            2448 => Sectors.Mode1(0, 30, 96),
            _ => Sectors.Mode2(0, 30),
        };
        Disc disc = new DiscFiles().With("x.bin", image).With("x.toc", $"CD_ROM_XA TRACK {mode} DATAFILE \"x.bin\"").Open("x.toc");
        Assert.That(disc.Tracks.Single().Layout.Size, Is.EqualTo(size));
        Assert.That(Sectors.ReadSectors(disc, 0, 30), Is.EqualTo(Sectors.Cooked(0, 30)));
    }

    [TestCase("CD_ROM\nFILE \"x.bin\" 0", "line 2")]
    [TestCase("CD_ROM\nTRACK MODE9\nFILE \"x.bin\" 0", "MODE9")]
    [TestCase("CD_ROM\nTRACK MODE1\nDATAFILE 5", "name is missing")]
    [TestCase("CD_ROM\nTRACK MODE1\nDATAFILE \"x.bin\"\nWHAT", "WHAT")]
    [TestCase("CD_ROM\nCD_TEXT { LANGUAGE", "brace")]
    [TestCase("CD_ROM\n", "0 tracks")]
    public void A_TOC_file_that_is_no_good_is_refused_by_its_words(string text, string words)
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 5)).With("x.toc", text);
        Assert.That(() => files.Open("x.toc"), Throws.TypeOf<InvalidImageException>().With.Message.Contains(words));
    }

    private static void AssertData(Disc disc)
    {
        Assert.That(Sectors.ReadSectors(disc, 0, 90), Is.EqualTo(Sectors.Cooked(0, 90)));
        Assert.That(Sectors.ReadSectors(disc, DiscImages.SecondSession, 60), Is.EqualTo(Sectors.Cooked(DiscImages.SecondSession, 60)));
        Assert.That(Sectors.ReadSectors(disc, 160, 50), Is.All.Zero, "between the sessions");
        Assert.That(disc.Sessions.Starts, Is.EqualTo((long?[])[0, DiscImages.SecondSession * 2048L]));
        Assert.That(disc.Length, Is.EqualTo((DiscImages.SecondSession + 60) * 2048L));
        Assert.That(PartitionTable.Read(disc, new SectorSizes(), _ => { })!.Partitions.Select(track => (track.Number, track.Session)), Is.EqualTo(((int, int?)[])[(1, 1), (2, 1), (3, 2)]));
    }
}
