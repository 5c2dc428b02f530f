using ImageFs.Storage.Containers.Optical;
using static ImageFs.Tests.Storage.Containers.Optical.CueTests;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Sheets that are wrong about their sectors: these tell.</summary>
internal sealed class SectorSurveyTests
{
    private const int Count = 40;

    // A disc whose sector 16 has the mark of a volume, as those without a header are told by.
    private static readonly Dictionary<string, byte[]> s_tracks = new()
    {
        ["MODE1/2352"] = Sectors.Mode1(0, Count),
        ["MODE1/2448"] = Sectors.Mode1(0, Count, 96),
        ["MODE2/2352"] = Sectors.Mode2(0, Count),
        ["MODE1/2048"] = Mark(Sectors.Cooked(0, Count), 2048, 0),
        ["MODE2/2336"] = Mark(Sectors.Mode2Bare(0, Count), 2336, 8),
    };

    [Test]
    public void The_sectors_count_and_not_the_sheet([Values("MODE1/2352", "MODE2/2352", "MODE1/2048", "MODE2/2336", "MODE2/2048", "MODE1/2448")] string said, [Values("MODE1/2352", "MODE1/2448", "MODE2/2352", "MODE1/2048", "MODE2/2336")] string real)
    {
        DiscFiles files = new DiscFiles().With("x.bin", s_tracks[real]).With("x.cue", $"FILE x.bin BINARY\nTRACK 01 {said}\nINDEX 01 00:00:00\n");
        Disc disc = files.Open("x.cue");
        string[] alike = real == "MODE1/2048" ? [real, "MODE2/2048"] : [real];
        Assert.That(disc.Tracks[0].TypeName, Is.AnyOf(alike));
        Assert.That(disc.Tracks[0].Count, Is.EqualTo(Count));
        Assert.That(Sectors.ReadSectors(disc, 20, 20), Is.EqualTo(Sectors.Cooked(20, 20)));
        Assert.That(files.Warnings.Count, Is.EqualTo(alike.Contains(said) ? 0 : 1));
    }

    [Test]
    public void What_follows_in_the_file_moves_with_it()
    {
        Disc disc = new DiscFiles().With("x.bin", [.. s_tracks["MODE1/2048"], .. Sectors.Audio(Count, 10)]).With("x.cue", $"""
            FILE x.bin BINARY
            TRACK 01 MODE1/2352
            INDEX 01 00:00:00
            TRACK 02 AUDIO
            INDEX 01 {Sectors.Time(Count)}
            """).Open("x.cue");
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(Count, 10)));
    }

    [Test]
    public void A_pregap_in_the_file_is_skipped_by_the_sectors_that_there_are()
    {
        byte[] file = [.. new byte[150 * 2048], .. s_tracks["MODE1/2048"]];
        Disc disc = new DiscFiles().With("x.bin", file).With("x.cue", "FILE x.bin BINARY\nTRACK 01 MODE1/2352\nINDEX 00 00:00:00\nINDEX 01 00:02:00\n").Open("x.cue");
        Assert.That(Sectors.ReadSectors(disc, 20, 20), Is.EqualTo(Sectors.Cooked(20, 20)));
    }

    [TestCase("x.toc", "CD_ROM\nTRACK MODE1_RAW\nDATAFILE \"x.bin\"")]
    [TestCase("x.gdi", "1\n1 0 4 2352 x.bin 0")]
    [TestCase("x.ccd", "[CloneCD]\n[Entry 0]\nPoint=1\nControl=4\nPLBA=0\n[Entry 1]\nPoint=0xA2\nPLBA=40\n[TRACK 1]\nMODE=1")]
    public void The_same_in_other_sheets(string name, string sheet)
    {
        foreach (string real in (string[])["MODE1/2048", "MODE2/2352"])
        {
            DiscFiles files = new DiscFiles().With("x.bin", s_tracks[real]).With(name, sheet);
            Assert.That(Facts(files.Open(name)).Single(), Is.EqualTo($"1 s1 {real} 0+40"), name);
            Assert.That(files.Warnings.Single(), Does.Contain(real));
        }
    }

    private static byte[] Mark(byte[] track, int size, int dataStart)
    {
        "\u0001CD001\u0001"u8.CopyTo(track.AsSpan((16 * size) + dataStart));
        return track;
    }
}
