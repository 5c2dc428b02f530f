using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;
using static ImageFs.Tests.Storage.Containers.Optical.CueTests;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Sheets as burners, rippers and people wrote them: how they are spelt, and what the files in them are called.</summary>
internal sealed class SheetTests
{
    private const string Track = "  TRACK 01 MODE1/2048\n    INDEX 01 00:00:00\n";
    private static readonly byte[] s_data = Sectors.Cooked(0, 5);

    [TestCase("file \"a.bin\" binary\n  track 1 mode1/2048\n index 1 0:0:0\n")]
    [TestCase("FILE \"a.bin\" BINARY\r  TRACK 01 MODE1/2048\r    INDEX 01 00:00:00\r")]
    [TestCase("FILE \"a.bin\" BINARY \t\r\n  TRACK 01 MODE1/2048  \r\n    INDEX 01 00:00:00 \r\n\x1A")]
    [TestCase("FILE \"a.bin\"\n" + Track)]
    [TestCase("FILE a.bin\n" + Track)]
    [TestCase("FILE \"a.bin BINARY\n" + Track)]
    [TestCase("; by hand\nFILE \"a.bin\" BINARY\n" + Track)]
    [TestCase("FILE \"C:A.bin\" BINARY\n" + Track)]
    [TestCase("FILE \"\\\\server\\share\\A.BIN\" BINARY\n" + Track)]
    [TestCase("FILE \"/home/user/A.BIN\" BINARY\n" + Track)]
    public void A_cue_sheet_is_read_however_it_is_spelt(string sheet)
    {
        Disc disc = new DiscFiles().With("a.bin", s_data).With("x.cue", sheet).Open("x.cue");
        Assert.That(Sectors.ReadSectors(disc, 0, 5), Is.EqualTo(s_data));
    }

    [TestCase("utf-8")]
    [TestCase("utf-16")]
    [TestCase("utf-16BE")]
    public void A_sheet_in_Unicode_is_read_with_its_mark_and_without(string encoding)
    {
        const string Sheet = "FILE \"\u00E4\u8868.bin\" BINARY\n" + Track;
        var unicode = Encoding.GetEncoding(encoding);
        DiscFiles files = new DiscFiles().With("\u00E4\u8868.bin", s_data)
            .With("x.cue", [.. unicode.Preamble, .. unicode.GetBytes(Sheet)])
            .With("y.cue", unicode.GetBytes(Sheet));
        Assert.That(files.Open("x.cue").Length, Is.EqualTo(s_data.Length));
        Assert.That(files.Open("y.cue").Length, Is.EqualTo(s_data.Length));
    }

    [TestCase(932, "\u30B2\u30FC\u30E0\u8868.bin")]
    [TestCase(936, "\u6E38\u620F.bin")]
    [TestCase(949, "\uAC8C\uC784.bin")]
    [TestCase(950, "\u904A\u6232.bin")]
    [TestCase(1251, "\u0418\u0433\u0440\u0430.bin")]
    [TestCase(1252, "Spiel f\u00FCr \u00C9.bin")]
    [TestCase(437, "Spi\u00E9l\u00FC.bin")]
    public void A_name_in_a_code_page_is_found_in_the_folder(int page, string name)
    {
        Encoding encoding = CodePagesEncodingProvider.Instance.GetEncoding(page)!;
        byte[] sheet = encoding.GetBytes($"FILE \"{name}\" BINARY\n{Track}");
        Assert.That(new DiscFiles().With(name.ToUpperInvariant(), s_data).With("x.cue", sheet).Open("x.cue").Length, Is.EqualTo(s_data.Length));
        Assert.That(
            new DiscFiles().With(name.ToUpperInvariant(), s_data).With("x.cue", sheet).Open("x.cue", $"encoding=cp{page}").Length,
            Is.EqualTo(s_data.Length));

        string bytes = ByteText.FromBytes(encoding.GetBytes(name));
        Assert.That(new DiscFiles().With(bytes, s_data).With("x.cue", sheet).Open("x.cue").Length, Is.EqualTo(s_data.Length), "the same bytes");
        Assert.That(
            new DiscFiles().With(bytes, s_data).With("x.cue", Encoding.UTF8.GetBytes($"FILE \"{name}\" BINARY\n{Track}")).Open("x.cue").Length,
            Is.EqualTo(s_data.Length),
            "the sheet alone was converted");
    }

    [Test]
    public void An_encoding_that_there_is_none_of_is_refused_and_one_of_two_names_is_chosen()
    {
        DiscFiles files = new DiscFiles().With("\u00E9.bin", s_data).With("\u0449.bin", Sectors.Cooked(0, 9))
            .With("x.cue", $"FILE \"\u00E9.bin\" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\nFILE \"b.bin\" BINARY\nTRACK 02 AUDIO\nINDEX 01 00:00:00")
            .With("y.cue", Encoding.Latin1.GetBytes("FILE \"\u00E9.bin\" BINARY\n" + Track));
        Assert.That(() => files.Open("x.cue", "encoding=klingon"), Throws.TypeOf<OptionException>());
        Assert.That(files.Open("y.cue", "encoding=iso8859-1").Length, Is.EqualTo(s_data.Length));
        Assert.That(() => files.Open("y.cue", "encoding=koi8-r"), Throws.TypeOf<LinuxException>(), "what is given is not guessed at");
    }

    [TestCase("sub\\GAME.bin", "SUB/Game.BIN")]
    [TestCase("\u00E4B.BIN", "\u00C4b.bin")]
    [TestCase("game.BIN", "GAME.bin")]
    public void A_name_in_any_case_is_found_by_the_folders_listing(string name, string file)
    {
        Disc disc = new DiscFiles().With(file, s_data).With("b.bin", []).With("x.cue", Encoding.UTF8.GetBytes(
            $"FILE \"{name}\" BINARY\n{Track}FILE b.bin BINARY\nTRACK 02 AUDIO\nINDEX 01 00:00:00")).Open("x.cue");
        Assert.That(disc.Tracks[0].Count, Is.EqualTo(5));
    }

    [TestCase("game.cue", "GAME.IMG")]
    [TestCase("game.cue", "game")]
    [TestCase("game.cue", "Game.Iso")]
    public void The_only_file_of_a_sheet_may_have_its_name_and_any_usual_ending(string sheet, string file)
    {
        DiscFiles files = new DiscFiles().With(file, s_data).With(sheet, "FILE \"old name.bin\" BINARY\n" + Track);
        Assert.That(files.Open(sheet).Length, Is.EqualTo(s_data.Length));
    }

    [Test]
    public void A_track_may_be_repeated_before_each_of_its_indexes()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode2(0, 40)).With("x.cue", """
            FILE "x.bin" BINARY
              TRACK 1 MODE2/2352
                INDEX 1 00:00:00
              TRACK 2 MODE2/2352
                INDEX 0 00:00:20
              TRACK 2 MODE2/2352
                INDEX 1 00:00:25
            """).Open("x.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE2/2352 0+20", "2 s1 MODE2/2352 25+15"]));
    }

    [Test]
    public void Sheets_one_behind_the_other_are_sessions()
    {
        const int Start = 100 + 11_400;
        Disc disc = new DiscFiles().With("1.bin", Sectors.Mode1(0, 100)).With("2.bin", Sectors.Mode1(Start, 50)).With("x.cue", """
            FILE 1.bin BINARY
            TRACK 01 MODE1/2352
            INDEX 01 00:00:00
            CATALOG 0000000000000
            FILE 2.bin BINARY
            TRACK 01 MODE1/2352
            INDEX 01 00:00:00
            """).Open("x.cue");
        Assert.That(Facts(disc), Is.EqualTo((string[])["1 s1 MODE1/2352 0+100", $"2 s2 MODE1/2352 {Start}+50"]));
    }

    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(false, false)]
    public void What_lies_between_two_sessions_is_counted_once(bool isHeld, bool hasLeadOut)
    {
        const int Start = 600 + 11_400;
        byte[] file = [.. Sectors.Audio(0, 600), .. new byte[isHeld ? 2352 * 11_400 : 0], .. Sectors.Mode2(Start, 30)];
        Disc disc = new DiscFiles().With("x.bin", file).With("x.cue", $"""
            FILE "x.bin" BINARY
              REM SESSION 01
              TRACK 01 AUDIO
                INDEX 01 00:00:00
              REM {(hasLeadOut ? "LEAD-OUT 00:08:00" : "COMMENT none here")}
              REM SESSION 02
              TRACK 02 MODE2/2352
                INDEX 01 {Sectors.Time(isHeld ? Start : 600)}
            """).Open("x.cue");
        Assert.That(Facts(disc)[1], Is.EqualTo($"2 s2 MODE2/2352 {Start}+30"));
        Assert.That(disc.Tracks[0].Count, Is.EqualTo(isHeld && !hasLeadOut ? Start : 600));
        Assert.That(Sectors.ReadSectors(disc, Start, 30), Is.EqualTo(Sectors.Cooked(Start, 30)));
    }

    [Test]
    public void A_pregap_that_is_in_the_file_too_is_counted_once()
    {
        Disc disc = new DiscFiles().With("1.bin", Sectors.Audio(0, 100)).With("2.bin", [.. new byte[150 * 2048], .. Sectors.Cooked(250, 9)]).With("x.cue", """
            FILE 1.bin BINARY
            TRACK 01 AUDIO
            INDEX 01 00:00:00
            FILE 2.bin BINARY
            TRACK 02 MODE1/2048
            PREGAP 00:02:00
            INDEX 00 00:00:00
            INDEX 01 00:02:00
            """).Open("x.cue");
        Assert.That(Facts(disc)[1], Is.EqualTo("2 s1 MODE1/2048 250+9"));

        disc = new DiscFiles().With("1.bin", Sectors.Audio(0, 100)).With("2.bin", Sectors.Mode1(100, 9)).With("x.cue", """
            FILE 1.bin BINARY
            TRACK 01 AUDIO
            INDEX 01 00:00:00
            FILE 2.bin BINARY
            TRACK 02 MODE1/2352
            PREGAP 00:02:00
            INDEX 01 00:00:00
            """).Open("x.cue");
        Assert.That(Facts(disc)[1], Is.EqualTo("2 s1 MODE1/2352 100+9"), "the sectors know better");
    }

    [Test]
    public void The_high_density_area_of_redumps_sheets_is_a_session_at_its_place()
    {
        Disc disc = new DiscFiles().With("1.bin", Sectors.Mode1(0, 50)).With("3.bin", Sectors.Cooked(45_000, 20)).With("x.cue", """
            REM SINGLE-DENSITY AREA
            FILE "1.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00
            REM HIGH-DENSITY AREA
            FILE "3.bin" BINARY
              TRACK 03 MODE1/2048
                INDEX 01 00:00:00
            """).Open("x.cue");
        Assert.That(Facts(disc)[1], Is.EqualTo("3 s2 MODE1/2048 45000+20"));
        Assert.That(disc.Sessions.Default, Is.EqualTo(45_000 * 2048L));
    }
}
