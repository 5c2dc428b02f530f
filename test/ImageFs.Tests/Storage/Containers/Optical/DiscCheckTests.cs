using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Tracks that claim more than their files: they are told, and cost no more than the files have.</summary>
internal sealed class DiscCheckTests
{
    [Test]
    public void A_track_that_its_file_is_too_short_for_is_told_once()
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 20)).With("x.toc", "CD_ROM\nTRACK MODE1\nDATAFILE \"x.bin\" 74:00:00");
        Disc disc = files.Open("x.toc");
        Assert.That(files.Warnings.Single(), Does.Contain("track 1 has 333000 sectors").And.Contain("cut short"));
        var findings = new List<Finding>();
        disc.Checks.Single().Run!(new CheckRun(findings.Add, static _ => { }));
        Assert.That(findings.Single().Address, Is.EqualTo(20 * 2048));
        Assert.That(disc.FindReadable().Select(part => (part.Start, part.End)), Is.EqualTo(((long, long)[])[(0, 20 * 2048)]));
        Assert.That(() => Sectors.ReadSectors(disc, 20, 1), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Bytes_that_many_tracks_have_are_read_once()
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 100))
            .With("x.toc", "CD_ROM\n" + string.Concat(Enumerable.Repeat("TRACK MODE1\n" + string.Concat(Enumerable.Repeat("DATAFILE \"x.bin\" 00:01:00\n", 50)), 90)));
        Disc disc = files.Open("x.toc");
        Assert.That(disc.Length, Is.EqualTo(90L * 50 * 75 * 2048));
        Assert.That(disc.FindReadable().Sum(part => part.End - part.Start), Is.EqualTo(75 * 2048));
    }

    [Test]
    public void All_of_a_sound_disc_is_read_in_both_ways()
    {
        Disc disc = new DiscFiles().With("x.bin", [.. Sectors.Mode1(0, 30), .. Sectors.Audio(30, 20)])
            .With("x.cue", "FILE x.bin BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:00:30").Open("x.cue");
        Assert.That(disc.FindReadable().Select(part => part.End - part.Start), Is.EqualTo((long[])[30 * 2048, 20 * 2352]));
        var findings = new List<Finding>();
        disc.Checks.Single().Run!(new CheckRun(findings.Add, static _ => { }));
        Assert.That(findings, Is.Empty);
    }

    [Test]
    public void More_than_any_disc_has_is_refused()
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 20)).With("x.toc", "CD_ROM\nTRACK MODE1\nDATAFILE \"x.bin\" 1099511627776");
        Assert.That(() => files.Open("x.toc"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("no disc"));
    }
}
