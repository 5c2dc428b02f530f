using System.Text.Json;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary>Optical discs as people keep them: their trees against those of the images that they were made from, their tracks against libcdio and bchunk.</summary>
internal sealed class OpticalTests
{
    private const int Limit = Limits.Test;
    private const string Source = "rockridge-joliet";

    private static readonly TestCaseData<Func<byte[], byte[]>, string>[] s_layouts =
    [
        new(data => RawTrack.Mode1(data), "MODE1/2352"),
        new(data => RawTrack.Mode1(data, subchannel: 96), "MODE1/2448"),
        new(data => RawTrack.Mode2(data), "MODE2/2352"),
        new(RawTrack.Mode2Bare, "MODE2/2336"),
    ];

    [TestCaseSource(nameof(s_layouts))]
    [CancelAfter(Limit)]
    public void Raw_sectors_without_a_sheet_have_the_tree_of_the_image_in_them(Func<byte[], byte[]> layout, string mode)
    {
        using var folder = new TestFolder();
        File.WriteAllBytes(folder["x.bin"], layout(File.ReadAllBytes(TestImages.Get(Source))));
        AssertShows(folder["x.bin"]);
        Assert.That(Text(Children(Of(folder["x.bin"])).Single(), "track-mode"), Is.EqualTo(mode));
    }

    [TestCase("reply=splice")]
    [TestCase("reply=gather")]
    [TestCase("reply=copy")]
    [TestCase("reply=auto")]
    [CancelAfter(Limit)]
    public void A_large_file_in_raw_sectors_is_whole_by_every_way(string options)
    {
        using var folder = new TestFolder();
        string image = MakeImage(folder, "large", "head -c 5000001 /dev/urandom >large/file");
        File.WriteAllBytes(folder["x.bin"], RawTrack.Mode1(File.ReadAllBytes(image)));
        using var mount = ImageMount.Mount(folder["x.bin"], options);
        Tool.Run("cmp", folder["large/file"], mount["file"]).Succeeded();
        const string Direct = "dd if=\"$1\" iflag=direct bs=128K status=none | cmp - \"$2\" && dd if=\"$1\" bs=3001 skip=100 count=99 status=none | cmp -n 297099 -i 0:300100 - \"$2\"";
        Tool.Shell(Direct, mount["file"], folder["large/file"]).Succeeded();
    }

    [TestCase("reply=splice")]
    [TestCase("reply=gather")]
    [TestCase("reply=copy")]
    [TestCase("reply=auto")]
    [CancelAfter(Limit)]
    public void Data_that_go_on_in_sectors_of_form_2_are_an_error_and_their_neighbours_are_read(string options)
    {
        using var folder = new TestFolder();
        string image = MakeImage(folder, "disc", "seq 50000 >disc/before && seq 90000 >disc/film && seq 70000 >disc/later");
        byte[] track = RawTrack.Mode2(File.ReadAllBytes(image));
        string[] extent = Tool.Shell("\"$1\" extents \"$2\" film --json | grep -m1 -o '\"address\": [0-9]*'", ImageFsProgram.Path, image).Succeeded().Text.Split(' ');
        long first = long.Parse(extent[1]) / 2048;
        long length = new FileInfo(folder["disc/film"]).Length;
        RawTrack.MakeForm2(track, first + 1, ((length + 2047) / 2048) - 1);
        File.WriteAllBytes(folder["x.bin"], track);
        File.WriteAllText(folder["x.cue"], "FILE x.bin BINARY\nTRACK 01 MODE2/2352\nINDEX 01 00:00:00\n");

        using var mount = ImageMount.Mount(folder["x.cue"], options);
        Tool.Run("cmp", folder["disc/before"], mount["before"]).Succeeded();
        Tool.Run("cmp", folder["disc/later"], mount["later"]).Succeeded();
        ToolResult read = Tool.Run("cat", mount["film"]);
        Assert.That(read.ExitCode, Is.EqualTo(1));
        Assert.That(File.ReadAllText(folder["disc/film"]), Does.StartWith(read.Text));
        Assert.That(read.Error, Does.Contain("not supported"));
        ToolResult printed = Tool.Run(ImageFsProgram.Path, "cat", folder["x.cue"], "film");
        Assert.That(printed.ExitCode, Is.EqualTo(32));
        Assert.That(printed.Error, Does.Contain($"sector {first + 1}").And.Contain("form 2"));
    }

    // 44 bytes of RIFF header, and the sectors as they are; those of the stream are what vcdxrip copies out of the image.
    [TestCase("reply=splice")]
    [TestCase("reply=gather")]
    [TestCase("reply=copy")]
    [TestCase("reply=auto")]
    [CancelAfter(Limit)]
    public void A_film_of_a_Video_CD_is_its_raw_sectors_behind_a_RIFF_header(string options)
    {
        Need.Program("vcdimager", "vcdimager");
        Need.Program("vcdxrip", "vcdimager");
        using var folder = new TestFolder();
        const int Packs = 800;
        File.WriteAllBytes(folder["film.mpg"], RawTrack.Film(Packs));
        Tool.Shell("cd \"$1\" && vcdimager -q -t vcd2 -c x.cue -b x.bin film.mpg 2>&1", folder.Path).Succeeded();
        Tool.Shell("cd \"$1\" && mkdir out && cd out && vcdxrip -q -c ../x.cue 2>&1", folder.Path).Succeeded();
        byte[] stream = File.ReadAllBytes(folder["out/avseq01.mpg"]);
        byte[] raw = File.ReadAllBytes(folder["x.bin"]);

        using var mount = ImageMount.Mount(folder["x.cue"], options);
        Tool.Run("cp", mount["mpegav/avseq01.dat"], folder["copy"]).Succeeded();
        byte[] film = File.ReadAllBytes(folder["copy"]);
        Assert.That(Tool.Run("stat", "-c", "%s %b", mount["mpegav/avseq01.dat"]).Succeeded().Text, Is.EqualTo($"{film.Length} {(film.Length + 511) / 512}\n"));
        Assert.That(film.AsSpan(0, 16).ToArray(), Is.EqualTo((byte[])[.. "RIFF"u8, .. BitConverter.GetBytes(film.Length - 8), .. "CDXAfmt "u8]));
        Assert.That(film.AsSpan(36, 8).ToArray(), Is.EqualTo((byte[])[.. "data"u8, .. BitConverter.GetBytes(film.Length - 44)]));
        byte[][] sectors = [.. film.Skip(44).Chunk(2352)];
        Assert.That(raw.AsSpan().IndexOf(film.AsSpan(44)) % 2352, Is.Zero);
        Assert.That(sectors.Length, Is.GreaterThan(Packs));
        Assert.That(sectors.SelectMany(sector => sector[24..(24 + 2324)]).ToArray().AsSpan().IndexOf(stream) % 2324, Is.Zero);

        const string Direct = "dd if=\"$1\" iflag=direct bs=128K status=none | cmp - \"$2\" && dd if=\"$1\" bs=3001 skip=100 count=99 status=none | cmp -n 297099 -i 0:300100 - \"$2\"";
        Tool.Shell(Direct, mount["mpegav/avseq01.dat"], folder["copy"]).Succeeded();
        Tool.Run(ImageFsProgram.Path, "verify", folder["x.cue"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_cue_sheet_is_read_as_bchunk_and_libcdio_read_it()
    {
        Need.Program("bchunk", "bchunk");
        Need.Program("cd-info", "libcdio-utils");
        using var folder = new TestFolder();
        byte[] data = File.ReadAllBytes(TestImages.Get(Source));
        int sectors = data.Length / 2048;
        File.WriteAllBytes(folder["disc.bin"], [.. RawTrack.Mode1(data), .. RawTrack.Audio(400)]);
        File.WriteAllText(folder["disc.cue"], $"""
            FILE "DISC.BIN" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00
              TRACK 02 AUDIO
                INDEX 00 {RawTrack.Time(sectors)}
                INDEX 01 {RawTrack.Time(sectors + 150)}
              TRACK 03 AUDIO
                INDEX 01 {RawTrack.Time(sectors + 300)}

            """);
        AssertShows(folder["disc.cue"]);
        AssertTracksAreThoseOfLibcdio(folder["disc.cue"], data: "mode1");
        Assert.That(Partitions(Children(Of(folder["disc.cue"])).Single()).Select(part => Text(part, "fstype")), Is.EqualTo((string[])["iso9660", "", ""]));

        Tool.Run("bchunk", "-w", folder["disc.bin"], folder["disc.cue"], folder["chunk"]).Succeeded();
        using var mount = ImageMount.Mount(folder["disc.cue"], "audio");
        Assert.That(Tool.Run("ls", "-A", mount["audio"]).Succeeded().Text, Is.EqualTo("Track 02.wav\nTrack 03.wav\n"));
        Tool.Run("cmp", folder["chunk02.wav"], mount["audio/Track 02.wav"]).Succeeded();
        Tool.Run("cmp", folder["chunk03.wav"], mount["audio/Track 03.wav"]).Succeeded();
        using var source = ImageMount.Mount(TestImages.Get(Source));
        Assert.That(TreeWalker.List(mount["data"]).DifferencesFrom(source.List(), [.. Facts.Recorded.Except(["ino"])]), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_disc_of_sound_alone_is_mounted_when_its_sound_is_asked_for()
    {
        using var folder = new TestFolder();
        byte[] sound = RawTrack.Audio(100);
        File.WriteAllBytes(folder["cd.bin"], sound);
        File.WriteAllText(folder["cd.cue"], "FILE cd.bin BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:00:60\n");
        (ToolResult said, bool mounted) = ImageMount.TryMount(folder["cd.cue"]);
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.Contain("-o audio"));

        using var mount = ImageMount.Mount(folder["cd.cue"], "audio");
        Assert.That(File.ReadAllBytes(mount["Track 02.wav"])[44..], Is.EqualTo(sound[(60 * 2352)..]));
    }

    [TestCase("cue")]
    [TestCase("ccd")]
    [CancelAfter(Limit)]
    public void The_last_session_of_a_disc_is_shown_and_others_by_their_number(string kind)
    {
        Need.Program("genisoimage", "genisoimage");
        using var folder = new TestFolder();
        string first = MakeImage(folder, "one", "seq 30000 >one/numbers");
        byte[] one = File.ReadAllBytes(first);
        long end = one.Length / 2048;
        long start = end + 11_400;
        const string Script = "cd \"$1\" && mkdir two && seq 9 >two/added && genisoimage -quiet -R -C 0,$2 -M one.iso -o two.iso two";
        Tool.Shell(Script, folder.Path, $"{start}").Succeeded();
        byte[] two = File.ReadAllBytes(folder["two.iso"]);
        if (kind == "cue")
        {
            File.WriteAllBytes(folder["1.bin"], RawTrack.Mode2(one));
            File.WriteAllBytes(folder["2.bin"], RawTrack.Mode2(two, start));
            File.WriteAllText(folder["disc.cue"], """
                REM SESSION 01
                FILE "1.bin" BINARY
                  TRACK 01 MODE2/2352
                    INDEX 01 00:00:00
                REM SESSION 02
                FILE "2.bin" BINARY
                  TRACK 02 MODE2/2352
                    INDEX 01 00:00:00
                """);
        }
        else
        {
            File.WriteAllBytes(folder["disc.img"], [.. RawTrack.Mode2(one), .. RawTrack.Mode2(two, start)]);
            File.WriteAllText(folder["disc.ccd"], $"""
                [CloneCD]
                Version=3
                [Entry 0]
                Session=1
                Point=0xa2
                Control=0x04
                PLBA={end}
                [Entry 1]
                Session=1
                Point=0x01
                Control=0x04
                PLBA=0
                [Entry 2]
                Session=2
                Point=0xa2
                Control=0x04
                PLBA={start + (two.Length / 2048)}
                [Entry 3]
                Session=2
                Point=0x02
                Control=0x04
                PLBA={start}
                """);
        }

        string disc = folder[$"disc.{kind}"];
        using (var mount = ImageMount.Mount(disc))
        {
            Assert.That(Tool.Run("ls", mount.Directory).Succeeded().Text, Is.EqualTo("added\nnumbers\n"));
            Tool.Run("cmp", folder["one/numbers"], mount["numbers"]).Succeeded();
            Tool.Run("cmp", folder["two/added"], mount["added"]).Succeeded();
        }

        foreach ((string options, string names) in ((string, string)[])
            [("session=0", "numbers\n"), ("session=1", "added\nnumbers\n"), ("sbsector=0", "numbers\n"), ($"sbsector={start}", "added\nnumbers\n"), ("part=1", "numbers\n"), ("part=2", "added\nnumbers\n")])
        {
            using var mount = ImageMount.Mount(disc, options);
            Assert.That(Tool.Run("ls", mount.Directory).Succeeded().Text, Is.EqualTo(names), options);
        }

        (ToolResult said, _) = ImageMount.TryMount(disc, "session=2");
        Assert.That(said.Error, Does.Contain("session=2"));

        // The same disc without its table is what Linux is given by a loop device: the first session, unless told where another is.
        File.WriteAllBytes(folder["flat.iso"], [.. one, .. new byte[11_400 * 2048], .. two]);
        using var flat = ImageMount.Mount(folder["flat.iso"], $"sbsector={start}");
        using var last = ImageMount.Mount(disc);
        Assert.That(last.List().DifferencesFrom(flat.List(), Facts.All), Is.Empty);
        Assert.That(flat.List().DifferencesFrom(LinuxReader.List(folder["flat.iso"], $"sbsector={start}")!, Facts.All), Is.Empty);
    }

    [TestCase("../x.bin")]
    [TestCase("/etc/passwd")]
    [TestCase("..\\\\x.bin")]
    [CancelAfter(Limit)]
    public void A_sheet_may_not_name_what_lies_outside_of_its_folder(string name)
    {
        using var folder = new TestFolder();
        string inner = folder.CreateDirectory("inner");
        File.WriteAllBytes(folder["x.bin"], RawTrack.Mode1(File.ReadAllBytes(TestImages.Get(Source))));
        File.WriteAllText(Path.Combine(inner, "x.cue"), $"FILE \"{name}\" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n");
        (ToolResult said, bool mounted) = ImageMount.TryMount(Path.Combine(inner, "x.cue"));
        Assert.That(mounted, Is.False);
        Assert.That(said.Error, Does.StartWith("imagefs: ").And.Contain("outside"));
        if (name == "../x.bin")
        {
            using var allowed = ImageMount.Mount(Path.Combine(inner, "x.cue"), "backing=any");
            Assert.That(allowed.List().Count, Is.GreaterThan(1));
        }
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_disc_inside_another_image_is_opened_by_its_sheet()
    {
        using var folder = new TestFolder();
        folder.CreateDirectory("outer");
        File.WriteAllBytes(folder["outer/x.bin"], RawTrack.Mode1(File.ReadAllBytes(TestImages.Get(Source))));
        File.WriteAllText(folder["outer/x.cue"], "FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\n");
        AssertShows($"{MakeImage(folder, "outer", ":")}//x.cue");
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_hybrid_with_HFS_plus_is_an_iso_and_its_Apple_partitions_are_told()
    {
        Need.Program("xorriso", "xorriso");
        using var folder = new TestFolder();
        const string Script = "cd \"$1\" && mkdir tree && seq 999 >tree/numbers && xorriso -no_rc -as mkisofs -quiet -hfsplus -V HYBRID -o x.iso tree";
        Tool.Shell(Script, folder.Path).Succeeded();
        JsonElement info = Of(folder["x.iso"]);
        Assert.That(Text(info, "fstype"), Is.EqualTo("iso9660"));
        Assert.That(Text(info, "pttype"), Is.EqualTo(Blkid.Value(folder["x.iso"], "PTTYPE")).And.EqualTo("mac"));
        JsonElement part = Partitions(info).Single(part => Text(part, "parttype") == "Apple_HFS");
        Dictionary<string, string> expected = Blkid.OfPart(folder["x.iso"], Number(part, "start"), Number(part, "size"));
        Assert.That(Text(part, "fstype"), Is.EqualTo(expected["TYPE"]).And.EqualTo("hfsplus"));
        Assert.That(Text(part, "label"), Is.EqualTo(expected["LABEL"]));
        Assert.That(Text(part, "unknown"), Does.Contain("not supported"));
        using var mount = ImageMount.Mount(folder["x.iso"]);
        Tool.Run("cmp", folder["tree/numbers"], mount["numbers"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_hybrid_with_HFS_is_an_iso_and_the_other_is_named()
    {
        Need.Program("genisoimage", "genisoimage");
        using var folder = new TestFolder();
        const string Script = "cd \"$1\" && mkdir tree && seq 999 >tree/numbers && genisoimage -quiet -hfs -hfs-volid 'Old Mac' -R -o x.iso tree";
        Tool.Shell(Script, folder.Path).Succeeded();
        JsonElement hfs = Children(Of(folder["x.iso"])).Single(child => Text(child, "type") == "hfs");
        Assert.That(Text(hfs, "label"), Is.EqualTo("Old Mac"));
        using var mount = ImageMount.Mount(folder["x.iso"]);
        Tool.Run("cmp", folder["tree/numbers"], mount["numbers"]).Succeeded();
    }

    // A folder's tree as an image beside it.
    [TestCase("")]
    [TestCase("hide")]
    [TestCase("unhide")]
    [CancelAfter(Limit)]
    public void High_Sierra_is_shown_as_isofs_shows_it(string options)
    {
        using var folder = new TestFolder();
        string image = folder["sierra.img"];
        File.WriteAllBytes(image, HighSierraImage.Make());
        TreeListing? expected = LinuxReader.List(image, options);
        Assert.That(expected, Is.Not.Null, "isofs does not mount it");
        using var mount = ImageMount.Mount(image, options);
        Assert.That(mount.List().DifferencesFrom(expected!, Facts.All), Is.Empty);
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_later_session_alone_is_read_by_its_addresses_and_padded_by_its_sector()
    {
        using var folder = new TestFolder();
        MakeImage(folder, "one", "seq 30000 >one/numbers");
        const string Script = "cd \"$1\" && mkdir two && seq 9 >two/added && genisoimage -quiet -R -C 0,12000 -M one.iso -o two.iso two"
            + " && truncate -s $((12000 * 2048)) padded.iso && cat two.iso >>padded.iso";
        Tool.Shell(Script, folder.Path).Succeeded();
        foreach ((string image, string options) in ((string, string)[])[("two.iso", ""), ("two.iso", "shift=12000"), ("padded.iso", "sbsector=12000")])
        {
            using var mount = ImageMount.Mount(folder[image], options);
            Assert.That(File.ReadAllText(mount["added"]), Is.EqualTo(string.Concat(Enumerable.Range(1, 9).Select(i => $"{i}\n"))), image);
            Assert.That(new FileInfo(mount["numbers"]).Length, Is.GreaterThan(9));
        }

        using var alone = ImageMount.Mount(folder["two.iso"]);
        Assert.That(Tool.Run("cat", alone["numbers"]).Error, Does.Contain("Input/output error"), "it is in the session before");
    }

    private static string MakeImage(TestFolder folder, string name, string fill)
    {
        Need.Program("genisoimage", "genisoimage");
        Tool.Shell("cd \"$1\" && mkdir -p \"$2\" && eval \"$3\" && genisoimage -quiet -R -o \"$2.iso\" \"$2\"", folder.Path, name, fill).Succeeded();
        return folder[$"{name}.iso"];
    }

    private static void AssertShows(string disc)
    {
        using var mount = ImageMount.Mount(disc);
        using var source = ImageMount.Mount(TestImages.Get(Source));
        Assert.That(mount.List().DifferencesFrom(source.List(), [.. Facts.Recorded.Except(["ino"])]), Is.Empty);
    }

    private static void AssertTracksAreThoseOfLibcdio(string disc, string data)
    {
        // "  1: 00:02:00  000000 data   false  no": number, time, sector, kind.
        string text = Tool.Run("cd-info", "--no-header", "--no-device-info", "--no-disc-mode", "--no-cddb", disc).Text;
        string[] expected =
        [
            .. System.Text.RegularExpressions.Regex.Matches(text, @"^\s*(?<number>\d+): [\d:]+\s+(?<sector>\d+) (?<kind>data|audio)", System.Text.RegularExpressions.RegexOptions.Multiline)
                .Select(match => $"{int.Parse(match.Groups["number"].Value)} {long.Parse(match.Groups["sector"].Value)} {match.Groups["kind"].Value}"),
        ];
        Assert.That(expected, Is.Not.Empty, text);
        JsonElement container = Children(Of(disc)).Single();
        Assert.That(
            Partitions(container).Select(part =>
                $"{Number(part, "partn")} {Number(part, "start") / 2048} {(Text(part, "parttype").StartsWith(data, StringComparison.OrdinalIgnoreCase) ? "data" : "audio")}"),
            Is.EqualTo(expected));
    }
}
