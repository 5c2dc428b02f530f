using ImageFs.Fuse.Ahead;

namespace ImageFs.Tests.Fuse.Ahead;

public sealed class FilesAheadTests
{
    private ListingOrder _order = null!;
    private List<(int Place, int Count)> _asked = null!;
    private FilesAhead _ahead = null!;

    [SetUp]
    public void SetUp()
    {
        _order = new ListingOrder();
        _asked = [];
        _ahead = new FilesAhead(_order, (place, count) => _asked.Add((place, count)));
    }

    [Test]
    public void A_reader_in_order_finds_twice_as_many_each_time()
    {
        int first = List(1000, 200) + 1;
        _ahead.NoteRead(1000);
        Assert.That(_asked, Is.Empty, "one file is no order");
        _ahead.NoteRead(1001);
        _ahead.NoteRead(1006);
        _ahead.NoteRead(1015);
        _ahead.NoteRead(1032);
        _ahead.NoteRead(1065);
        Assert.That(_asked, Is.EqualTo((List<(int, int)>)[(first + 2, 4), (first + 7, 8), (first + 16, 16), (first + 33, 32), (first + 66, 64)]));
    }

    [Test]
    public void What_is_stored_for_is_not_asked_for_twice()
    {
        List(1000, 20);
        _ahead.NoteRead(1000);
        _ahead.NoteRead(1001);
        _ahead.NoteRead(1003);
        _ahead.NoteRead(1002);
        Assert.That(_asked, Has.Count.EqualTo(1));
    }

    [Test]
    public void Who_reads_what_it_likes_is_not_followed()
    {
        List(1000, 2000);
        var random = new Random(5);
        for (int i = 0; i < 50; i++)
        {
            _ahead.NoteRead(1000 + (ulong)(((i * 997) + random.Next(3)) % 2000));
        }

        Assert.That(_asked, Is.Empty);
    }

    [Test]
    public void Several_readers_are_followed_at_once()
    {
        List(1000, 30);
        List(2000, 30);
        foreach (ulong file in (ulong[])[1000, 2000, 1001, 2001])
        {
            _ahead.NoteRead(file);
        }

        Assert.That(_asked, Has.Count.EqualTo(2));
    }

    [Test]
    public void Further_directories_are_stored_from_until_nobody_asks()
    {
        List(1000, 3);
        _ahead.NoteRead(1000);
        _ahead.NoteRead(1001);
        _asked.Clear();
        for (int i = 2; i < 20; i++)
        {
            int place = List((ulong)i * 1000, 3);
            _ahead.NoteListing(place);
        }

        Assert.That(_asked, Has.Count.EqualTo(8));
        int last = List(90_000, 3);
        _ahead.NoteListing(last);
        Assert.That(_asked, Has.Count.EqualTo(8));
    }

    [Test]
    public void An_unknown_file_and_one_of_long_ago_are_nobodys()
    {
        List(1000, 3);
        List(100_000, 17_000);
        _ahead.NoteRead(5);
        _ahead.NoteRead(1000);
        _ahead.NoteRead(1001);
        Assert.That(_asked, Is.Empty);
        Assert.That(_order.Find(1000), Is.Zero);
        Assert.That(_order.At(_order.Find(116_999)), Is.EqualTo(116_999));
        Assert.That(_order.At(_order.Find(116_999) + 1), Is.Zero);
    }

    [Test]
    public void To_be_told_of_a_file_allocates_nothing()
    {
        List(1, 8000);
        var ahead = new FilesAhead(_order, static (_, _) => { });
        ulong file = 0;
        long allocated = Allocations.Of(() => ahead.NoteRead(++file));
        Assert.That(allocated, Is.Zero);
        Assert.That(file, Is.EqualTo(Allocations.Rounds));
    }

    private int List(ulong first, int count)
    {
        int place = _order.Begin();
        for (int i = 0; i < count; i++)
        {
            _order.Add(first + (ulong)i);
        }

        return place;
    }
}
