using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>Films: files in sectors of form 2, as raw sectors.</summary>
internal sealed class FilmTests
{
    private const int RawSize = 2352;

    // Data, a film of ten sectors at 20, data.
    private static byte[] Raw(int subchannel) =>
        [.. Sectors.Mode2(0, 20, subchannel), .. Sectors.Form2(20, 10, subchannel), .. Sectors.Mode2(30, 10, subchannel)];

    [TestCase(0)]
    [TestCase(16)]
    [TestCase(96)]
    public void A_film_is_its_raw_sectors_without_subchannels(int subchannel)
    {
        FilmSource film = new DiscFiles().With("x.bin", Raw(subchannel)).Open("x.bin").FindFilm(20 * 2048, 10 * 2048)!;
        Assert.That(Sectors.Read(film, 0, (int)film.Length), Is.EqualTo(Sectors.Form2(20, 10)));
        Assert.That((film.FileNumber, film.IsInterleaved), Is.EqualTo(((byte)1, false)));
    }

    [Test]
    public void A_film_in_raw_sectors_is_in_one_piece()
    {
        FilmSource film = new DiscFiles().With("x.bin", Raw(0)).Open("x.bin").FindFilm(20 * 2048, (9 * 2048) + 1)!;
        LocatedExtent extent = film.Locate(100, film.Length);
        Assert.That((extent.Length, extent.Address), Is.EqualTo((film.Length - 100, (20L * RawSize) + 100)));
    }

    [Test]
    public void What_an_image_without_headers_lacks_is_made([Values(0, 1, 5, 15, 16, 17, 2351, 2352, 2360, 9000)] int offset)
    {
        byte[] bare = [.. Raw(0).Chunk(RawSize).SelectMany(sector => sector[16..])];
        Disc disc = new DiscFiles().With("x.bin", bare).With("x.cue", "FILE x.bin BINARY\nTRACK 01 MODE2/2336\nINDEX 01 00:00:00\n").Open("x.cue");
        FilmSource film = disc.FindFilm(20 * 2048, 10 * 2048)!;
        Assert.That(Sectors.Read(film, offset, (int)film.Length - offset), Is.EqualTo(Sectors.Form2(20, 10)[offset..]));
    }

    [Test]
    public void Sound_among_pictures_makes_a_film()
    {
        byte[] raw = [.. Sectors.Mode2(0, 20), .. Sectors.RealTime(20, 31), .. Sectors.Form2(51, 1), .. Sectors.RealTime(52, 8)];
        Disc disc = new DiscFiles().With("x.bin", raw).Open("x.bin");
        FilmSource film = disc.FindFilm(20 * 2048, 40 * 2048)!;
        Assert.That(Sectors.Read(film, 0, (int)film.Length), Is.EqualTo(raw[(20 * RawSize)..]));
        Assert.That(film.IsInterleaved);
        Assert.That(disc.FindFilm(20 * 2048, 31 * 2048), Is.Null, "pictures alone are data");
    }

    [TestCase(0L, 20 * 2048L)]
    [TestCase(19 * 2048L, 10 * 2048L)]
    [TestCase(30 * 2048L, 10 * 2048L)]
    [TestCase(20 * 2048L, 0L)]
    [TestCase((20 * 2048L) + 1, 2048L)]
    [TestCase(20 * 2048L, 21 * 2048L)]
    [TestCase(20 * 2048L, long.MaxValue)]
    [TestCase(40 * 2048L, 2048L)]
    [TestCase(1L << 60, 2048L)]
    public void Data_are_no_film(long address, long length) =>
        Assert.That(new DiscFiles().With("x.bin", Raw(0)).Open("x.bin").FindFilm(address, length), Is.Null);

    [Test]
    public void A_film_is_only_where_its_sectors_are_whole()
    {
        byte[] short2056 = [.. Sectors.Mode2(0, 20).Chunk(RawSize).SelectMany(sector => sector[16..(24 + 2048)]), .. Sectors.Form2(20, 20).Chunk(RawSize).SelectMany(sector => sector[16..(24 + 2048)])];
        "CD001"u8.CopyTo(short2056.AsSpan((16 * 2056) + 9));
        Disc[] discs = [new DiscFiles().With("x.bin", short2056).Open("x.bin"), new DiscFiles().With("x.bin", Sectors.Mode1(0, 40)).Open("x.bin")];
        foreach (Disc disc in discs)
        {
            Assert.That(disc.MayHaveFilms, Is.False);
            Assert.That(disc.FindFilm(20 * 2048, 2048), Is.Null);
        }
    }

    [Test]
    public void A_track_is_on_its_disc()
    {
        Disc disc = new DiscFiles().With("x.bin", Raw(0)).Open("x.bin");
        Assert.That(disc.OpenTrack(1).Find<IDiscFilms>(), Is.SameAs(disc));
        Assert.That(disc.Find<IDiscFilms>(), Is.SameAs(disc));
        Assert.That(new MemorySource(new byte[10]).Find<IDiscFilms>(), Is.Null);
    }
}
