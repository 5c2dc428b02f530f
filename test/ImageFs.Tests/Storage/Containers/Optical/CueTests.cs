using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Cue sheets.</summary>
internal sealed class CueTests
{
    [Test]
    public void A_data_track_and_sound_in_one_file()
    {
        byte[] file = [.. Sectors.Mode1(0, 300), .. Sectors.Audio(300, 200)];
        Disc disc = new DiscFiles().With("game.bin", file).With("game.cue", $"""
            REM GENRE Game
            CATALOG 0000000000000
            FILE "game.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00
              TRACK 02 AUDIO
                TITLE "INDEX 01 is not here"
                INDEX 00 {Sectors.Time(300)}
                INDEX 01 {Sectors.Time(350)}
              TRACK 03 AUDIO
                INDEX 01 {Sectors.Time(400)}
                INDEX 02 {Sectors.Time(450)}
            """).Open("game.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2352 0+300", "2 s1 AUDIO 350+50", "3 s1 AUDIO 400+100"]));
        Assert.That(Sectors.ReadSectors(disc, 0, 300), Is.EqualTo(Sectors.Cooked(0, 300)));
        Assert.That(() => Sectors.ReadSectors(disc, 299, 2), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("300"));
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(350, 50)));
        Assert.That(Samples(disc, 3), Is.EqualTo(Sectors.Audio(400, 100)));
        Assert.That(disc.OpenTrack(3).Length, Is.EqualTo(100 * 2352), "no data of another track is on it");
    }

    [Test]
    public void Gaps_that_are_in_no_file_move_what_is_behind_them()
    {
        Disc disc = new DiscFiles().With("a.bin", Sectors.Cooked(0, 20)).With("b.bin", Sectors.Audio(0, 10)).With("c.cue", """
            FILE a.bin BINARY
              TRACK 01 MODE1/2048
                PREGAP 00:02:00
                INDEX 01 00:00:00
                POSTGAP 00:01:00
            FILE b.bin BINARY
              TRACK 02 AUDIO
                PREGAP 00:02:05
                INDEX 01 00:00:00
            """).Open("c.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2048 0+20", $"2 s1 AUDIO {20 + 75 + 155}+10"]));
        Assert.That(disc.Map(20 * 2048, long.MaxValue, out _), Is.EqualTo(Extent.Hole(20 * 2048, 230 * 2048)));
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(0, 10)));
    }

    [Test]
    public void Tracks_of_one_file_may_have_sectors_of_several_sizes()
    {
        byte[] file = [.. Sectors.Cooked(0, 50), .. Sectors.Audio(50, 10), .. Sectors.Mode2Bare(60, 5)];
        Disc disc = new DiscFiles().With("x.bin", file).With("x.cue", """
            FILE "x.bin" BINARY
            TRACK 01 MODE1/2048
            INDEX 01 00:00:00
            TRACK 02 AUDIO
            INDEX 01 00:00:50
            TRACK 03 MODE2/2336
            INDEX 01 00:00:60
            """).Open("x.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2048 0+50", "2 s1 AUDIO 50+10", "3 s1 MODE2/2336 60+5"]));
        Assert.That(disc.Map(5, long.MaxValue, out _), Is.EqualTo(Extent.Mapped(5, (50 * 2048) - 5, 5)));
        Assert.That(Sectors.ReadSectors(disc, 60, 5), Is.EqualTo(Sectors.Cooked(60, 5)));
        Assert.That(disc.Sessions.Starts, Is.EqualTo((long?[])[0]));
    }

    [TestCase("REM SESSION 02", 150 + 11_250)]
    [TestCase("REM SESSION 02\nREM LEAD-IN 01:00:00\nREM PREGAP 00:02:00", 11_400)]
    [TestCase("", 11_400)]
    public void A_later_session_lies_where_it_was_on_the_disc(string remark, int gap)
    {
        const int Audio = 500;
        int start = Audio + gap;
        DiscFiles files = new DiscFiles().With("1.bin", Sectors.Audio(0, Audio)).With("2.bin", Sectors.Mode2(start, 100)).With("x.cue", $"""
            REM SESSION 01
            FILE "1.bin" BINARY
              TRACK 01 AUDIO
                INDEX 01 00:00:00
            REM LEAD-OUT 00:06:50
            {remark}
            FILE "2.bin" BINARY
              TRACK 02 MODE2/2352
                INDEX 01 00:00:00
            """);
        Disc disc = files.Open("x.cue");
        Assert.That(disc.Tracks[1].Start, Is.EqualTo(start));
        Assert.That(disc.Sessions.Default, Is.EqualTo(start * 2048L));
        Assert.That(disc.Sessions.Starts, Is.EqualTo(remark.Length == 0 ? (long?[])[start * 2048L] : [null, start * 2048L]));
        Assert.That(Sectors.ReadSectors(disc, start, 100), Is.EqualTo(Sectors.Cooked(start, 100)));
    }

    [Test]
    public void The_pregap_of_the_first_track_is_in_front_of_the_disc_though_it_is_in_the_file()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode1(-150, 200)).With("x.cue", """
            FILE "x.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 00 00:00:00
                INDEX 01 00:02:00
            """).Open("x.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2352 0+50"]));
        Assert.That(Sectors.ReadSectors(disc, 0, 50), Is.EqualTo(Sectors.Cooked(0, 50)));
    }

    [Test]
    public void A_pregap_may_be_at_the_end_of_the_file_before()
    {
        Disc disc = new DiscFiles().With("1.bin", Sectors.Audio(0, 100)).With("2.bin", Sectors.Audio(100, 50)).With("x.cue", """
            FILE "1.bin" BINARY
              TRACK 01 AUDIO
                INDEX 01 00:00:00
              TRACK 02 AUDIO
                INDEX 00 00:01:05
            FILE "2.bin" BINARY
                INDEX 01 00:00:00
            """).Open("x.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 AUDIO 0+80", "2 s1 AUDIO 100+50"]));
        Assert.That(Samples(disc, 2), Is.EqualTo(Sectors.Audio(100, 50)));
    }

    [TestCase("MOTOROLA", 0)]
    [TestCase("MOTOROLA", 96)]
    [TestCase("BINARY", 96)]
    public void Sound_comes_out_with_its_low_byte_first(string type, int subchannel)
    {
        byte[] sound = Sectors.Audio(0, 9, subchannel);
        Disc disc = new DiscFiles().With("x.bin", type == "MOTOROLA" ? Sectors.Swap(sound) : sound).With("x.cue", $"""
            FILE "x.bin" {type}
              TRACK 01 {(subchannel == 0 ? "AUDIO" : "CDG")}
                INDEX 01 00:00:00
            """).Open("x.cue");
        byte[] expected = Sectors.Audio(0, 9);
        BlockSource samples = disc.OpenSamples(disc.Tracks[0]);
        Assert.That(Samples(disc, 1), Is.EqualTo(expected));
        for (int offset = 2340; offset < 2360; offset++)
        {
            foreach (int length in (int[])[1, 2, 3, 30, 2352, 5000])
            {
                Assert.That(Sectors.Read(samples, offset, length), Is.EqualTo(expected[offset..(offset + length)]), $"{length} at {offset}");
            }
        }
    }

    [Test]
    public void Sound_may_be_in_a_WAV_file()
    {
        byte[] wave = [.. "RIFF\0\0\0\0WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 2, 0, 0x44, 0xAC, 0, 0, 0x10, 0xB1, 2, 0, 4, 0, 16, 0,
            .. "LIST"u8, 3, 0, 0, 0, 1, 2, 3, 0, .. "data"u8, .. BitConverter.GetBytes(5 * 2352), .. Sectors.Audio(0, 5), 1, 2, 3];
        DiscFiles files = new DiscFiles().With("x.wav", wave).With("x.cue", "FILE \"x.wav\" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n");
        Disc disc = files.Open("x.cue");
        Assert.That(Samples(disc, 1), Is.EqualTo(Sectors.Audio(0, 5)));

        wave[22] = 1;
        Assert.That(() => files.Open("x.cue"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("x.wav"));
    }

    [Test]
    public void Sound_of_other_kinds_is_silent_with_a_warning_and_the_data_is_read()
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 20)).With("x.cue", """
            FILE "x.bin" BINARY
            TRACK 01 MODE1/2048
            INDEX 01 00:00:00
            FILE "x.mp3" MP3
            TRACK 02 AUDIO
            INDEX 01 00:00:00
            """);
        Assert.That(Sectors.ReadSectors(files.Open("x.cue"), 0, 20), Is.EqualTo(Sectors.Cooked(0, 20)));
        Assert.That(files.Warnings.Single(), Does.Contain("x.mp3"));
    }

    [TestCase("\"Game.BIN\"", "Game.bin")]
    [TestCase("\"Game.bin\"", "game.bin")]
    [TestCase("\"C:\\Games\\x\\game.bin\"", "game.bin")]
    [TestCase("\"sub\\game.bin\"", "sub/game.bin")]
    [TestCase("\"sub\\game.bin\"", "game.bin")]
    [TestCase("\"a\\b.bin\"", "a\\b.bin")]
    [TestCase("\"before it was renamed.bin\"", "x.bin")]
    [TestCase("my game.bin", "my game.bin")]
    public void A_file_is_found_though_its_name_is_another_systems(string name, string file)
    {
        Disc disc = new DiscFiles().With(file, Sectors.Cooked(0, 5)).With("x.cue", $"FILE {name} BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00").Open("x.cue");
        Assert.That(disc.Length, Is.EqualTo(5 * 2048));
    }

    [TestCase("../game.bin", typeof(ForbiddenFileException))]
    [TestCase("/etc/passwd", typeof(ForbiddenFileException))]
    [TestCase("..\\game.bin", typeof(ForbiddenFileException))]
    [TestCase("nothing.bin", typeof(LinuxException))]
    public void A_file_outside_or_nowhere_is_refused(string name, Type error)
    {
        DiscFiles files = new DiscFiles().With("game.bin", Sectors.Cooked(0, 5)).With("x.cue", $"FILE \"{name}\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00");
        Assert.That(() => files.Open("x.cue"), Throws.TypeOf(error));
    }

    [TestCase("TRACK 01 MODE1/2048\nINDEX 01 00:00:00", "line 2")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 100 MODE1/2048\nINDEX 01 00:00:00", "line 3")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE3/2048\nINDEX 01 00:00:00", "line 3")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2000\nINDEX 01 00:00:00", "2000")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:75", "line 4")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 -1:00:00", "line 4")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048", "no track")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:05\nTRACK 02 AUDIO\nINDEX 01 00:00:03", "backward")]
    [TestCase("FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\nTRACK 01 AUDIO\nINDEX 01 00:00:03", "two tracks 1")]
    [TestCase("FILE \"x.bin\" BINARY\nPREGAP 00:00:01", "line 3")]
    public void A_sheet_that_is_no_good_is_refused_by_its_line(string text, string words)
    {
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 9)).With("x.cue", $"REM {new string('x', 10)}\n{text}");
        Assert.That(
            () => new ImageFs.Storage.Containers.Optical.Cue.CueFormat().Open(files.File("x.cue"), OpenContext.Of(null, files.Warnings.Add)),
            Throws.InstanceOf<ImageException>().With.Message.Contains(words));
    }

    [Test]
    public void A_file_shorter_than_its_tracks_is_an_error_where_it_ends()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode1(0, 20)[..^100]).With("x.cue", $"""
            FILE "x.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00
              TRACK 02 MODE1/2352
                INDEX 01 00:00:40
            """).Open("x.cue");
        Assert.That(Sectors.ReadSectors(disc, 0, 20), Is.EqualTo(Sectors.Cooked(0, 20)), "the correction codes are not missed");
        Assert.That(() => Sectors.ReadSectors(disc, 20, 1), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_text_that_is_none_is_not_recognised()
    {
        foreach (string text in (string[])["", "hello", "FILE", "REM only\nREM remarks", "TRACK 01 AUDIO", "FILES are listed here\nTRACK 01", "\0FILE \"x\" BINARY\nTRACK 01"])
        {
            Assert.That(new ImageFs.Storage.Containers.Optical.Cue.CueFormat().Probe(new DiscFiles().With("x.cue", text).File("x.cue")), Is.False, text);
        }
    }

    internal static string[] Facts(Disc disc) =>
        [.. disc.Tracks.Select(track => $"{track.Number} s{track.Session} {track.TypeName} {track.Start}+{track.Count}")];

    internal static byte[] Samples(Disc disc, int number)
    {
        BlockSource samples = disc.OpenSamples(disc.Tracks.Single(track => track.Number == number));
        return Sectors.Read(samples, 0, (int)samples.Length);
    }
}
