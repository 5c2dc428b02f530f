using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Storage.Containers.Optical;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Making;

/// <summary>Optical discs in each of the formats that they are kept in: the discs of the tests, and one with a file system in raw sectors.</summary>
internal static class DiscSeeds
{
    private const int RawSize = 2352;
    private const int UserSize = 2048;
    private const int UserStart = 16;

    /// <summary>Cue sheets.</summary>
    public static IReadOnlyList<Seed> Cue { get; } =
    [
        Make("cue", "x.cue", () => new DiscFiles().With("x.bin", [.. Sectors.Mode1(0, 30), .. Sectors.Audio(30, 20)]).With("x.cue", $"""
            CATALOG 0000000000000
            FILE "x.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00
              TRACK 02 AUDIO
                TITLE "a title"
                INDEX 00 {Sectors.Time(30)}
                INDEX 01 {Sectors.Time(35)}
              TRACK 03 AUDIO
                INDEX 01 {Sectors.Time(40)}

            """)),
        Make("cue-files", "x.cue", () => new DiscFiles().With("a.bin", Sectors.Cooked(0, 20)).With("b.wav", Wave(Sectors.Audio(0, 10))).With("c.bin", Sectors.Mode2Bare(0, 10)).With("x.cue", """
            FILE "a.bin" BINARY
              TRACK 01 MODE1/2048
                INDEX 01 00:00:00
                POSTGAP 00:00:10
            FILE b.wav WAVE
              TRACK 02 AUDIO
                PREGAP 00:02:05
                INDEX 01 00:00:00
            REM SESSION 02
            FILE c.bin BINARY
              TRACK 03 MODE2/2336
                INDEX 01 00:00:00

            """)),
        Make("cue-iso", "x.cue", () => new DiscFiles().With("x.bin", Raw(DiskImage.Read("invalid/good.iso"))).With("x.cue", """
            FILE "x.bin" BINARY
              TRACK 01 MODE1/2352
                INDEX 01 00:00:00

            """)),
    ];

    /// <summary>CloneCD.</summary>
    public static IReadOnlyList<Seed> CloneCd { get; } =
        [Make("ccd", "disc.ccd", () => DiscImages.CloneCd(0)), Make("ccd-pregap", "disc.ccd", () => DiscImages.CloneCd(150))];

    /// <summary>Alcohol.</summary>
    public static IReadOnlyList<Seed> Alcohol { get; } =
        [Make("mds", "disc.mds", () => DiscImages.Alcohol(isWide: false)), Make("mds-wide", "disc.mds", () => DiscImages.Alcohol(isWide: true, subchannel: 96))];

    /// <summary>Nero.</summary>
    public static IReadOnlyList<Seed> Nero { get; } =
    [
        .. from isWide in (bool[])[false, true]
           from isByTracks in (bool[])[false, true]
           select Make(
               $"nrg{(isWide ? "-wide" : string.Empty)}{(isByTracks ? "-tracks" : string.Empty)}",
               "disc.nrg",
               () => new DiscFiles().With("disc.nrg", isByTracks ? DiscImages.NeroByTracks(isWide) : DiscImages.Nero(isWide))),
    ];

    /// <summary>Cdrdao's tables of contents.</summary>
    public static IReadOnlyList<Seed> Cdrdao { get; } =
    [
        Make("toc", "disc.toc", () => new DiscFiles().With("disc.bin", [.. Sectors.Mode1(0, 30), .. Sectors.Swap(Sectors.Audio(40, 20))]).With("disc.toc", $$"""
            CD_ROM
            CATALOG "1234567890123"
            CD_TEXT { LANGUAGE_MAP { 0 : EN } LANGUAGE 0 { TITLE "a \"TRACK\" }" } }
            // Track 1
            TRACK MODE1_RAW
            NO COPY
            DATAFILE "disc.bin" {{Sectors.Time(10)}} // length in bytes: 23520
            DATAFILE "disc.bin" #{{10 * RawSize}} {{20 * RawSize}}
            ZERO MODE1_RAW 00:00:05

            TRACK AUDIO
            NO PRE_EMPHASIS
            TWO_CHANNEL_AUDIO
            SILENCE 00:00:05
            START 00:00:05
            FILE "disc.bin" #{{30 * RawSize}} 0 {{Sectors.Time(10)}}
            FILE "disc.bin" #{{30 * RawSize}} {{Sectors.Time(10)}} {{10 * 588}}
            INDEX 00:00:10

            """)),
    ];

    /// <summary>GDI sheets.</summary>
    public static IReadOnlyList<Seed> Gdi { get; } =
    [
        Make("gdi", "x.gdi", () => new DiscFiles().With("1.bin", Sectors.Mode1(0, 30)).With("2.raw", Sectors.Audio(100, 20)).With("3.bin", Sectors.Mode1(45_000, 20))
            .With("x.gdi", "3\n1 0 4 2352 1.bin 0\n2 100 0 2352 2.raw 0\n3 45000 4 2352 \"3.bin\" 0\n")),
    ];

    /// <summary>Raw sectors without a sheet.</summary>
    public static IReadOnlyList<Seed> RawSectors { get; } =
    [
        Make("raw", "x.bin", () => new DiscFiles().With("x.bin", Sectors.Mode1(0, 40))),
        Make("raw-film", "x.bin", () => new DiscFiles().With("x.bin", [.. Sectors.Mode2(0, 20), .. Sectors.Form2(20, 10), .. Sectors.RealTime(30, 10)])),
        Make("raw-iso", "x.bin", () => new DiscFiles().With("x.bin", Raw(DiskImage.Read("invalid/good.iso")))),
    ];

    private static Seed Make(string name, string opened, Func<DiscFiles> make) =>
        Seed.OfFiles(name, () => make().All.OrderBy(file => file.Name != opened), name.StartsWith("cue-files", StringComparison.Ordinal) ? "audio" : string.Empty);

    private static byte[] Raw(byte[] image)
    {
        byte[] raw = Sectors.Mode1(0, image.Length / UserSize);
        for (int i = 0; i < image.Length / UserSize; i++)
        {
            image.AsSpan(i * UserSize, UserSize).CopyTo(raw.AsSpan((i * RawSize) + UserStart));
        }

        return raw;
    }

    // RIFF, as CDs are ripped: 16 bits, two channels, 44.1 kHz.
    private static byte[] Wave(byte[] samples) =>
    [
        .. "RIFF"u8, .. BitConverter.GetBytes(36 + samples.Length), .. "WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 2, 0, .. BitConverter.GetBytes(44_100), .. BitConverter.GetBytes(176_400), 4, 0, 16, 0,
        .. "data"u8, .. BitConverter.GetBytes(samples.Length), .. samples,
    ];
}
