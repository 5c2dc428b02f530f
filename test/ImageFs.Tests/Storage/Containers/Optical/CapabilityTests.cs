using ImageFs.Storage;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>What a disc tells besides its bytes is asked for through the layers on top of it.</summary>
internal sealed class CapabilityTests
{
    private const int Sector = 2048;

    [Test]
    public void A_slice_of_a_disc_has_its_films_at_their_places()
    {
        Disc disc = new DiscFiles().With("x.bin", [.. Sectors.Mode2(0, 20), .. Sectors.Form2(20, 10), .. Sectors.Mode2(30, 10)]).Open("x.bin");
        var slice = new BlockSlice(disc, 5 * Sector, disc.Length - (5 * Sector));
        var inner = new BlockSlice(slice, 2 * Sector, slice.Length - (3 * Sector));
        FilmSource film = inner.Find<IDiscFilms>()!.FindFilm(13 * Sector, 10 * Sector)!;
        Assert.That(Sectors.Read(film, 0, (int)film.Length), Is.EqualTo(Sectors.Form2(20, 10)));
        Assert.That(inner.Find<IDiscFilms>()!.FindFilm(0, 10 * Sector), Is.Null);
    }

    [Test]
    public void A_slice_of_a_disc_has_the_sessions_that_begin_in_it()
    {
        var table = new SessionTable([0, null, 100 * Sector, 200 * Sector]);
        var slice = (SessionTable)table.OfPart(50 * Sector, 100 * Sector)!;
        Assert.That(slice.Starts, Is.EqualTo(new long?[] { null, null, 50 * Sector, null }));
        Assert.That(slice.Default, Is.EqualTo(50 * Sector));
        Assert.That(table.OfPart(1, 99 * Sector), Is.Null);
        Assert.That(((SessionTable)slice.OfPart(-50 * Sector, 150 * Sector)!).Default, Is.EqualTo(100 * Sector));
    }

    [Test]
    public void A_slice_of_all_of_a_disc_is_the_disc()
    {
        Disc disc = new DiscFiles().With("x.bin", Sectors.Mode1(0, 40)).Open("x.bin");
        var all = new BlockSlice(disc, 0, disc.Length);
        Assert.That(all.Find<IDiscTracks>(), Is.SameAs(disc));
        Assert.That(all.Find<SessionTable>()!.Starts, Is.EqualTo(disc.Sessions.Starts));
        Assert.That(new BlockSlice(disc, 0, disc.Length - 1).Find<IDiscTracks>(), Is.Null, "it has not all tracks");
        Assert.That(disc.OpenTrack(1).Find<IDiscTracks>(), Is.Null, "a track has no tracks");
    }

    [Test]
    public void What_is_no_disc_tells_nothing()
    {
        var slice = new BlockSlice(new MemorySource(new byte[100]), 10, 20);
        Assert.That(slice.Find<SessionTable>(), Is.Null);
        Assert.That(slice.Find<IDiscTracks>(), Is.Null);
        Assert.That(slice.Find<IDiscFilms>(), Is.Null);
    }

    [Test]
    public void Only_its_own_folder_knows_the_class_of_a_disc() =>
        Assert.That(typeof(Disc).IsPublic, Is.False, "file systems and the program ask for what it can tell: IDiscTracks, IDiscFilms, SessionTable");
}
