using System.Diagnostics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Sheets and tables that are damaged at random places: whatever happens is an error of a known kind, and soon.</summary>
internal sealed class HostileTests
{
    private const int Rounds = 600;

    private static readonly TestCaseData<string>[] s_files = [.. ((string[])["disc.ccd", "disc.nrg", "disc1.nrg", "tracks.nrg", "disc.mds", "disc.cue", "disc.toc", "disc.gdi", "raw.bin"]).Select(name => new TestCaseData<string>(name))];

    [TestCaseSource(nameof(s_files))]
    public void Damage_is_an_error_of_a_known_kind(string name)
    {
        byte[] sound = Make(name);
        var random = new Random(11);
        var tally = new MutantTally();
        var clock = Stopwatch.StartNew();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = [.. sound];

            // The tables of an NRG are at its end.
            int first = name.EndsWith(".nrg", StringComparison.Ordinal) ? bytes.Length - 300 : 0;
            for (int flips = random.Next(1, 8); flips > 0; flips--)
            {
                bytes[random.Next(first, Math.Min(bytes.Length, first + 4096))] = (byte)random.Next(256);
            }

            tally.Next();
            Read(name, round % 10 == 0 ? bytes[..random.Next(bytes.Length)] : bytes, $"round {round}", tally);
        }

        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(30)));
        tally.AssertShares(opened: 3, read: 3);
    }

    [Test]
    public void A_sheet_of_endless_tracks_files_or_text_is_refused()
    {
        string tracks = string.Concat(Enumerable.Range(0, 200).Select(i => $"TRACK {(i % 99) + 1:00} MODE1/2048\nINDEX 01 00:00:00\n"));
        string indexes = string.Concat(Enumerable.Repeat("INDEX 02 00:00:00\n", 20_000));
        DiscFiles files = new DiscFiles().With("x.bin", Sectors.Cooked(0, 9))
            .With("tracks.cue", $"FILE \"x.bin\" BINARY\n{tracks}")
            .With("indexes.cue", $"FILE \"x.bin\" BINARY\nTRACK 01 MODE1/2048\n{indexes}")
            .With("files.cue", string.Concat(Enumerable.Range(1, 150).Select(i => $"FILE \"x.bin\" BINARY\nTRACK {i % 99:00} AUDIO\nINDEX 01 00:00:00\n")))
            .With("long.cue", new string(' ', 2 << 20) + "FILE")
            .With("tracks.toc", "CD_ROM\n" + string.Concat(Enumerable.Repeat("TRACK MODE1 DATAFILE \"x.bin\" ", 150)))
            .With("pieces.toc", "CD_ROM\nTRACK MODE1\n" + string.Concat(Enumerable.Repeat("ZERO 1\n", 20_000)));
        foreach (string name in (string[])["tracks.cue", "indexes.cue", "files.cue", "long.cue", "tracks.toc", "pieces.toc"])
        {
            ContainerFormat format = name.EndsWith("cue", StringComparison.Ordinal)
                ? new ImageFs.Storage.Containers.Optical.Cue.CueFormat()
                : new ImageFs.Storage.Containers.Optical.Cdrdao.TocFormat();
            Assert.That(() => format.Open(files.File(name), OpenContext.Of(null, files.Warnings.Add)), Throws.InstanceOf<ImageException>(), name);
        }
    }

    private static byte[] Make(string name) => name switch
    {
        "disc.ccd" => BytesOf(DiscImages.CloneCd(150), name),
        "disc.nrg" => DiscImages.Nero(isWide: true),
        "disc1.nrg" => DiscImages.Nero(isWide: false),
        "tracks.nrg" => DiscImages.NeroByTracks(isWide: true),
        "disc.mds" => BytesOf(DiscImages.Alcohol(isWide: false), name),
        "disc.cue" => "FILE \"disc.bin\" BINARY\nTRACK 01 MODE1/2352\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 00 00:01:15\nINDEX 01 00:01:25\n"u8.ToArray(),
        "disc.toc" => "CD_ROM\nTRACK MODE1_RAW\nDATAFILE \"disc.bin\" 00:01:15\nTRACK AUDIO\nSILENCE 5880\nSTART\nFILE \"disc.bin\" #211680 0 00:00:30\n"u8.ToArray(),
        "disc.gdi" => "2\n1 0 4 2352 disc.bin 0\n2 45000 0 2352 disc.bin 211680\n"u8.ToArray(),
        _ => Sectors.Mode1(100, 20),
    };

    private static byte[] BytesOf(DiscFiles files, string name)
    {
        BlockSource source = files.File(name).Source;
        return Sectors.Read(source, 0, (int)source.Length);
    }

    private static void Read(string name, byte[] bytes, string what, MutantTally tally)
    {
        byte[] data = [.. DiscImages.FirstData, .. DiscImages.Sound];
        DiscFiles files = new DiscFiles().With("disc.bin", data).With("disc.img", data).With("disc.mdf", data).With(name, bytes);
        foreach (ContainerFormat format in OpticalFormats.All)
        {
            try
            {
                if (format.Probe(files.File(name)))
                {
                    var disc = (Disc)format.Open(files.File(name), OpenContext.Of("audio", files.Warnings.Add));
                    tally.NoteOpened();
                    Read(disc, tally);
                }
            }
            catch (Exception e) when (e is ImageException or LinuxException { Errno: Errno.ENOENT })
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{what}, {format.Name}: {e}");
            }
        }
    }

    private static void Read(Disc disc, MutantTally tally)
    {
        disc.Describe();
        _ = disc.Sessions.Default;
        byte[] buffer = new byte[100_000];
        foreach (DiscTrack track in disc.Tracks)
        {
            try
            {
                BlockSource source = track.IsData ? disc.OpenTrack(track.Number) : disc.OpenSamples(track);
                long start = track.IsData ? track.Start * 2048 : 0;
                source.ReadAt(start, buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - start)));
                tally.NoteRead();
            }
            catch (ImageException)
            {
            }
        }
    }
}
