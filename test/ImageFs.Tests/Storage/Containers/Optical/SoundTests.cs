using ImageFs.Linux;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Sound that is missing, or of a kind that is not read: the data is there nevertheless, and what is not is told.</summary>
internal sealed class SoundTests
{
    private static readonly byte[] s_data = Sectors.Cooked(0, 20);

    private static readonly TestCaseData<string, byte[], string>[] s_others =
    [
        new("FLAC", [.. "fLaC"u8], "FLAC"), new("WAVE", [.. "fLaC"u8], "FLAC"), new("BINARY", [.. "fLaC"u8], "FLAC"),
        new("WAVE", [.. "OggS"u8], "OGG"), new("MP3", [.. "ID3"u8], "MP3"), new("WAVE", [0xFF, 0xFB, 0x90], "MP3"),
        new("AIFF", [.. "FORM\0\0\0\0AIFF"u8], "AIFF"), new("WAVE", [.. "MAC "u8], "Monkey"), new("WAVE", [.. "wvpk"u8], "WavPack"),
        new("WAVE", [.. "RIFF\0\0\0\0WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 2, 0, 0x80, 0xBB, 0, 0, 0, 0xEE, 2, 0, 4, 0, 16, 0, .. "data\0\0\0\0"u8], "48000 Hz"),
        new("WAVE", [1, 2, 3, 4], "WAV"),
    ];

    [TestCaseSource(nameof(s_others))]
    public void Of_another_kind_it_is_left_out_by_name(string type, byte[] head, string name)
    {
        DiscFiles files = new DiscFiles().With("x.bin", s_data).With("sound", [.. head, .. new byte[5000]]).With("x.cue", $"""
            FILE "x.bin" BINARY
            TRACK 01 MODE1/2048
            INDEX 01 00:00:00
            FILE "sound" {type}
            TRACK 02 AUDIO
            INDEX 01 00:00:00
            """);
        Disc disc = files.Open("x.cue");
        Assert.That(Sectors.ReadSectors(disc, 0, 20), Is.EqualTo(s_data));
        Assert.That(files.Warnings.Single(), Does.Contain(name).And.Contain("sound"));
        Assert.That(disc.Tracks[1].Problem, Does.Contain(name));
        Assert.That(Obstacles(disc).Single(), Does.Contain(name));
        Assert.That(new ImageFs.FileSystems.CompactDisc.AudioFileSystem(disc).Statistics.Files, Is.Zero, "no silence where there is sound");
    }

    [TestCase("x.cue", "FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\nFILE \"gone.wav\" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00")]
    [TestCase("x.cue", "FILE \"gone.bin\" BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 MODE1/2048\nINDEX 00 00:00:00\nFILE \"x.bin\" BINARY\nINDEX 01 00:00:00")]
    [TestCase("x.toc", "CD_ROM\nTRACK MODE1\nDATAFILE \"x.bin\"\nTRACK AUDIO\nFILE \"gone.wav\" 0 00:10:00")]
    [TestCase("x.gdi", "2\n1 0 4 2048 x.bin 0\n2 600 0 2352 gone.raw 0\n")]
    public void What_is_missing_is_left_out(string name, string sheet)
    {
        DiscFiles files = new DiscFiles().With("x.bin", s_data).With(name, sheet);
        Disc disc = files.Open(name);
        Assert.That(Sectors.ReadSectors(disc, 0, 20), Is.EqualTo(s_data));
        Assert.That(files.Warnings, Has.Some.Contain("gone").And.Some.Contain("left out"));
        Assert.That(Obstacles(disc), Has.Length.EqualTo(1));
    }

    [Test]
    public void Data_that_is_missing_and_a_disc_of_nothing_else_are_errors()
    {
        DiscFiles files = new DiscFiles().With("b.bin", s_data)
            .With("data.cue", "FILE \"gone.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\nFILE \"b.bin\" BINARY\nTRACK 02 AUDIO\nINDEX 01 00:00:00")
            .With("sound.cue", "FILE \"1.wav\" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nFILE \"2.wav\" WAVE\nTRACK 02 AUDIO\nINDEX 01 00:00:00")
            .With("sound.toc", "CD_DA\nTRACK AUDIO\nFILE \"1.wav\" 0\n");
        foreach (string name in (string[])["data.cue", "sound.cue", "sound.toc"])
        {
            Assert.That(() => files.Open(name), Throws.TypeOf<LinuxException>(), name);
        }
    }

    private static string[] Obstacles(Disc disc)
    {
        var obstacles = new List<string>();
        foreach (Check check in disc.Checks)
        {
            var run = new CheckRun(static _ => { }, static _ => { });
            check.Run!(run);
            if (run is { State: CheckState.Blocked, Obstacle: var obstacle })
            {
                obstacles.Add(obstacle);
            }
        }

        return [.. obstacles];
    }
}
