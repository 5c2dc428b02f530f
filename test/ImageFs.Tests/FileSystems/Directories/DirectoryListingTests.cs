using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Directories;

/// <summary>What every format gets for its cursor.</summary>
public sealed class DirectoryListingTests
{
    private static readonly ToyEntry[] s_three = [new("a", 11), new("b", 12), new("c", 13)];

    [TestCase(0, ExpectedResult = "a b c")]
    [TestCase(1, ExpectedResult = ". a b c")]
    [TestCase(2, ExpectedResult = ". .. a b c")]
    public string The_dots_that_are_no_entries_come_first(int dots) => Names(List(new ToyDirectories(s_three) { Dots = dots }));

    [Test]
    public void Listing_goes_on_at_any_position([Values(0, 1, 2)] int dots, [Values(1, 2, 100)] int room)
    {
        var directories = new ToyDirectories(s_three) { Dots = dots };
        List<Listed> all = List(directories);
        Assert.That(all.Select(entry => entry.Next), Is.Ordered.And.Unique.And.All.Positive);
        for (int i = 0; i < all.Count; i++)
        {
            Assert.That(List(directories, all[i].Next, room), Is.EqualTo(all[(i + 1)..].Take(room)));
        }
    }

    [Test]
    public void Dots_are_found()
    {
        var directories = new ToyDirectories(s_three);
        Assert.That(Find(directories, "."), Is.EqualTo(ToyDirectories.Directory.Value));
        Assert.That(Find(directories, ".."), Is.EqualTo(ToyDirectories.Parent.Value));
        Assert.That(Find(new ToyDirectories(new ToyEntry("..", 7)) { Dots = 1 }, ".."), Is.EqualTo(7));
        Assert.That(Find(directories, ""), Is.Null);
    }

    [Test]
    public void The_same_name_goes_before_one_that_is_similar()
    {
        var directories = new ToyDirectories(new("Name", 11), new("name", 12)) { Start = 1L << 40 };
        Assert.That(Find(directories, "name"), Is.EqualTo(12));
        Assert.That(Find(directories, "NAME"), Is.EqualTo(11));
        Assert.That(Find(directories, "other"), Is.Null);
    }

    [Test]
    public void All_entries_of_a_name_have_the_node_of_the_first()
    {
        var directories = new ToyDirectories(new("a", 11), new("b", 12), new("a", 13), new("c", 14), new("a", 15));
        Assert.That(List(directories).Where(entry => entry.Name == "a").Select(entry => (entry.Node, entry.Inode)), Is.All.EqualTo((11UL, 1011UL)));
        Assert.That(List(directories, List(directories)[3].Next).Select(entry => entry.Node), Is.EqualTo((ulong[])[11, 14, 11]));
        Assert.That(Find(directories, "a"), Is.EqualTo(11));
    }

    [Test]
    public void All_entries_of_a_name_have_the_node_that_the_format_finds_itself()
    {
        var directories = new ToyDirectories(new("a", 11), new("b", 12), new("a", 13)) { OwnLookup = name => name == "a" ? 13UL : 12UL, Dots = 0 };
        Assert.That(List(directories).Select(entry => entry.Node), Is.EqualTo((ulong[])[13, 12, 13]));
        Assert.That(Find(directories, "a"), Is.EqualTo(13));
    }

    [Test]
    public void What_the_formats_own_way_cannot_tell_is_looked_for_in_the_entries() =>
        Assert.That(Find(new ToyDirectories(s_three) { OwnLookup = _ => null }, "b"), Is.EqualTo(12));

    [Test]
    public void Damage_that_was_passed_over_is_told_once_all_else_was_handed_over([Values("?", "/")] string kind)
    {
        var directories = new ToyDirectories(new("a", 11), new(kind, 0), new("c", 13));
        List<Listed> all = List(directories);
        Assert.That(Names(all), Is.EqualTo(". .. a c"));
        Assert.That(() => List(directories, all[^1].Next), Throws.TypeOf<InvalidImageException>().With.Message.Contains(kind));
        Assert.That(Names(List(directories, all[2].Next)), Is.EqualTo("c"));
        Assert.That(Find(directories, "c"), Is.EqualTo(13));
    }

    [Test]
    public void A_name_that_may_be_what_is_damaged_is_not_said_to_be_missing()
    {
        Assert.That(() => Find(new ToyDirectories(new("a", 11), new("?", 0)), "b"), Throws.TypeOf<InvalidImageException>());
        Assert.That(Find(new ToyDirectories(new("a", 11), new("/", 0)), "b"), Is.Null, "no lookup can be for what no path leads to");
    }

    [Test]
    public void What_cannot_be_passed_ends_every_listing_at_one_place()
    {
        var directories = new ToyDirectories(new("a", 11), new("!", 0), new("c", 13));
        List<Listed> all = List(directories);
        Assert.That(Names(all), Is.EqualTo(". .. a"));
        Assert.That(() => List(directories, all[^1].Next), Throws.TypeOf<InvalidImageException>());
        Assert.That(() => List(directories, all[^1].Next + 10), Throws.TypeOf<InvalidImageException>());
        Assert.That(Find(directories, "a"), Is.EqualTo(11));
        Assert.That(() => Find(directories, "c"), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_device_that_failed_is_asked_again()
    {
        var directories = new ToyDirectories(new("a", 11), new("!b", 12), new("c", 13)) { DeviceFails = true };
        List<Listed> all = List(directories);
        Assert.That(Names(all), Is.EqualTo(". .. a"));
        Assert.That(() => List(directories, all[^1].Next), Throws.TypeOf<LinuxException>());
        Assert.That(() => Find(directories, "c"), Throws.TypeOf<LinuxException>());

        directories.HasRecovered = true;
        Assert.That(Names(List(directories)), Is.EqualTo(". .. a !b c"));
        Assert.That(Find(directories, "c"), Is.EqualTo(13));
    }

    [Test]
    public void A_directory_is_gone_through_once_for_all_lookups_and_listings()
    {
        var directories = new ToyDirectories([.. Enumerable.Range(0, 1000).Select(i => new ToyEntry($"name{i}", (ulong)i + 10))]);
        Parallel.For(0, 1000, i => Assert.That(Find(directories, $"name{i}"), Is.EqualTo((ulong)i + 10)));
        Assert.That(Find(directories, "other"), Is.Null);
        int lookups = directories.Scans;
        List<Listed> all = List(directories);
        List(directories, all[10].Next);

        // The first entry is found where every reading of the directory begins.
        Assert.That(lookups, Is.LessThanOrEqualTo(2));
        Assert.That(directories.Scans - lookups, Is.EqualTo(1));
    }

    [Test]
    public void Names_are_found_where_no_index_can_say_places()
    {
        var directories = new ToyDirectories(s_three) { Start = 1L << 40 };
        Assert.That(Find(directories, "c"), Is.EqualTo(13));
        Assert.That(Names(List(directories)), Is.EqualTo(". .. a b c"));
    }

    [Test]
    public void An_entry_costs_no_memory()
    {
        var few = new ToyDirectories(s_three);
        var many = new ToyDirectories([.. Enumerable.Range(0, 1000).Select(i => new ToyEntry($"name{i}", (ulong)i + 10))]);
        var sink = new CountingSink();
        foreach (ToyDirectories directories in (ToyDirectories[])[few, many])
        {
            directories.List(ToyDirectories.Directory, 0, sink);
        }

        Assert.That(Allocations.Of(() => many.List(ToyDirectories.Directory, 0, sink)), Is.Zero);
        Assert.That(Allocations.Of(() => many.TryLookup(ToyDirectories.Directory, "name500"u8, out _)), Is.Zero);
    }

    [Test]
    public void An_entry_has_the_record_that_it_was_made_of()
    {
        var sink = new RecordSink();
        new ToyDirectories(new("a", 11), new("b", 12), new("a", 13)).List(ToyDirectories.Directory, 0, sink);
        Assert.That(sink.Records, Is.EqualTo((string[])["", "", "a", "b", ""]), "the last has the node of another entry");
    }

    private static string Names(List<Listed> entries) => string.Join(' ', entries.Select(entry => entry.Name));

    private static ulong? Find(ToyDirectories directories, string name) =>
        directories.TryLookup(ToyDirectories.Directory, Encoding.UTF8.GetBytes(name), out NodeId node) ? node.Value : null;

    private static List<Listed> List(ToyDirectories directories, long position = 0, int room = int.MaxValue)
    {
        var sink = new ListSink(room);
        directories.List(ToyDirectories.Directory, position, sink);
        return sink.Entries;
    }

    private sealed record Listed(string Name, ulong Node, ulong Inode, long Next);

    private sealed class ListSink(int room) : IDirectorySink
    {
        public List<Listed> Entries { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            if (Entries.Count == room)
            {
                return false;
            }

            Entries.Add(new Listed(Encoding.UTF8.GetString(entry.Name), entry.Node.Value, entry.Inode, entry.NextPosition));
            return true;
        }
    }

    private sealed class RecordSink : IDirectorySink
    {
        public List<string> Records { get; } = [];

        public bool Add(in DirectoryEntry entry)
        {
            Records.Add(Encoding.UTF8.GetString(entry.Record));
            return true;
        }
    }

    private sealed class CountingSink : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry) => true;
    }
}
