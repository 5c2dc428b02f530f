using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class DirectoryTests
{
    private static FileSystem OpenRoot(string options, params byte[][] records)
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, records);
        return Iso9660Fixture.Open(image.BuildSparse(1000 * 2048), options);
    }

    [TestCase("FOO.TXT;1", "", "foo.txt")]
    [TestCase("FOO.;1", "", "foo")]
    [TestCase("FOO;1", "", "foo")]
    [TestCase("FOO.TXT;2", "", "foo.txt.2")]
    [TestCase("FOO.;12", "", "foo..12")]
    [TestCase("A/B;1", "", "a.b")]
    [TestCase("FOO", "", "foo")]
    [TestCase("FOO.TXT;1", "map=off", "FOO.TXT;1")]
    [TestCase("FOO.TXT;1", "map=o", "FOO.TXT;1")]
    [TestCase("FOO.TXT;1", "map=acorn", "foo.txt")]
    public void Plain_names_are_shown_as_the_options_say(string identifier, string options, string name)
    {
        FileSystem fs = OpenRoot(options, IsoBytes.Record(identifier, 40, 1));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { name }));
            Assert.That(fs.Has(name));
        });
    }

    [Test]
    public void Acorn_file_types_end_a_name()
    {
        byte[] acorn = [.. "ARCHIMEDES"u8, 0, 0xBC, 0xFA, 0xFF, 0, 0, 0, 0, 0, 1, .. new byte[12]];
        FileSystem fs = OpenRoot("map=a", IsoBytes.Record("_RUN.;1"u8.ToArray(), 40, 1, use: [acorn]));
        Assert.That(fs.Names(), Is.EqualTo(new[] { "!run,abc" }));
    }

    [Test]
    public void Hidden_and_associated_files_are_shown_as_the_options_say()
    {
        byte[][] records =
        [
            IsoBytes.Record("A.;1", 40, 1, FileFlags.Hidden),
            IsoBytes.Record("B.;1", 41, 2, FileFlags.Associated),
            IsoBytes.Record("B.;1", 42, 3),
        ];
        Assert.Multiple(() =>
        {
            Assert.That(OpenRoot("", records).Names(), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(OpenRoot("", records).Attributes("b").Size, Is.EqualTo(3));
            Assert.That(OpenRoot("hide", records).Names(), Is.EqualTo(new[] { "b" }));
            Assert.That(OpenRoot("hide", records).Has("a"), Is.False);
            Assert.That(OpenRoot("showassoc", records).Names(), Is.EqualTo(new[] { "a", "b", "b" }));
            Assert.That(OpenRoot("unhide", records).Attributes("b").Size, Is.EqualTo(2));
        });
    }

    [Test]
    public void A_directory_is_one_node_however_it_is_reached()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        image.AddDirectory(image.Root, image.Root, null, IsoBytes.Record("D", 40, 2048, FileFlags.Directory));
        image.AddDirectory(40, image.Root, null, IsoBytes.Record("E", 41, 2048, FileFlags.Directory));
        image.AddDirectory(41, 40, null);
        FileSystem fs = Iso9660Fixture.Open(image.Build());

        Assert.Multiple(() =>
        {
            Assert.That(fs.Find("d/e/.."), Is.EqualTo(fs.Find("d")));
            Assert.That(fs.Find("d/."), Is.EqualTo(fs.Find("d")));
            Assert.That(fs.Find(".."), Is.EqualTo(fs.Root));
            Assert.That(fs.List(fs.Find("d")).Select(entry => (entry.Name, entry.Node)), Is.EqualTo(new[]
            {
                (".", fs.Find("d")), ("..", fs.Root), ("e", fs.Find("d/e")),
            }));
        });
    }

    [Test]
    public void Reading_goes_on_at_every_position()
    {
        byte[][] records = [.. Enumerable.Range(0, 200).Select(i => IsoBytes.Record($"FILE{i:000}.TXT;1", 40, 1))];
        FileSystem fs = OpenRoot("", records);
        List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);
        Assert.That(all, Has.Count.EqualTo(202));
        Assert.That(all.Select(entry => entry.NextPosition), Is.Ordered.And.Unique.And.All.GreaterThan(0));
        for (int i = 0; i < all.Count; i++)
        {
            Assert.That(fs.List(fs.Root, all[i].NextPosition), Is.EqualTo(all.Skip(i + 1)));
        }
    }

    [Test]
    public void Empty_files_that_share_an_extent_are_different_nodes()
    {
        FileSystem fs = OpenRoot("", IsoBytes.Record("A.;1", 0, 0), IsoBytes.Record("B.;1", 0, 0));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Find("a"), Is.Not.EqualTo(fs.Find("b")));
            Assert.That(fs.ReadAll("a"), Is.Empty);
        });
    }

    [Test]
    public void A_damaged_record_leaves_its_neighbours()
    {
        byte[] damaged = IsoBytes.Record("BAD.;1", 40, 1);
        damaged[32] = 200;
        byte[] tooShort = IsoBytes.Record("SHORT.;1", 40, 1);
        tooShort[0] = 5;
        byte[] slash = IsoBytes.Record("UP/DOWN", 40, 1);
        FileSystem fs = OpenRoot(
            "map=off", IsoBytes.Record("A", 40, 1), damaged, IsoBytes.Record("B", 40, 2), slash, IsoBytes.Record("C", 40, 3), tooShort);
        List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);

        Assert.Multiple(() =>
        {
            Assert.That(all.Select(entry => entry.Name), Is.EqualTo(new[] { ".", "..", "A", "B", "C" }));
            Assert.That(fs.Attributes("C").Size, Is.EqualTo(3));
            Assert.That(
                () => fs.List(fs.Root, all[^1].NextPosition),
                Throws.TypeOf<InvalidImageException>().With.Message.EqualTo(
                    $"directory record at 0x{(32 * 2048) + 102:X}: "
                    + "its file identifier of 200 bytes runs past its length of 40 (ECMA-119 9.1)"));
            Assert.That(() => fs.Has("NONE"), Throws.TypeOf<InvalidImageException>());
        });
    }

    [Test]
    public void A_directory_behind_the_end_of_the_image_is_cut_there()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        byte[][] records = [.. Enumerable.Range(0, 100).Select(i => IsoBytes.Record($"FILE{i:000}.TXT;1", 40, 1))];
        image.AddDirectory(image.Root, image.Root, null, records);
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse((image.Root + 1) * 2048L));
        List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);

        Assert.Multiple(() =>
        {
            Assert.That(all, Has.Count.GreaterThan(40).And.Count.LessThan(60));
            Assert.That(fs.Has("file010.txt"));
            Assert.That(() => fs.List(fs.Root, all[^1].NextPosition), Throws.TypeOf<TruncatedImageException>());
            Assert.That(() => fs.Has("file099.txt"), Throws.TypeOf<TruncatedImageException>());
        });
    }

    [Test]
    public void Byte_orders_that_disagree_are_warned_of_once()
    {
        byte[] a = IsoBytes.Record("A.;1", 40, 1);
        byte[] b = IsoBytes.Record("B.;1", 41, 1);
        a[9] ^= 1;
        b[17] ^= 1;
        IsoImageBuilder image = new IsoImageBuilder();
        image.AddVolume(image.Root, change: bytes => bytes[87] ^= 1);
        image.AddDirectory(image.Root, image.Root, null, a, b);
        var warnings = new List<string>();
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * 2048), "", warnings);

        Assert.Multiple(() =>
        {
            Assert.That(fs.OpenFile(fs.Find("a")).Extents(), Is.EqualTo(new[] { Extent.Mapped(0, 1, 40 * 2048) }));
            Assert.That(fs.Attributes("b").Size, Is.EqualTo(1));
            Assert.That(fs.Statistics.Blocks, Is.EqualTo(1000));
            Assert.That(warnings, Has.Count.EqualTo(2));
            Assert.That(warnings[0], Does.StartWith("volume descriptor at 0x8000:"));
            Assert.That(warnings[1], Does.StartWith("directory record at 0x"));
        });
    }

    [Test]
    public void A_name_among_100_000_is_found_by_its_hash()
    {
        const int Count = 120_000;
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        byte[][] records = [.. Enumerable.Range(0, Count).Select(i => IsoBytes.Record($"F{i}.;1", 40, (uint)i))];
        image.AddDirectory(image.Root, image.Root, null, records);
        FileSystem fs = Iso9660Fixture.Open(image.Build());

        Assert.That(fs.Attributes("f119999").Size, Is.EqualTo(Count - 1));
        var clock = Stopwatch.StartNew();
        Parallel.For(0, 2000, i =>
        {
            int number = i * 7919 % Count;
            if (!fs.TryLookup(fs.Root, Encoding.ASCII.GetBytes($"f{number}"), out NodeId node) || fs.GetAttributes(node).Size != number)
            {
                throw new InvalidOperationException($"f{number}");
            }
        });

        // A scan for each would take minutes.
        Assert.Multiple(() =>
        {
            Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(5)));
            Assert.That(fs.Has("f120000"), Is.False);
            Assert.That(fs.List(fs.Root), Has.Count.EqualTo(Count + 2));
        });
    }

    [Test]
    public void A_node_that_is_no_directory_has_no_entries()
    {
        FileSystem fs = OpenRoot("", IsoBytes.Record("A.;1", 40, 1));
        Assert.Multiple(() =>
        {
            Assert.That(() => fs.List(fs.Find("a")), Throws.TypeOf<InvalidImageException>());
            Assert.That(() => fs.OpenFile(fs.Root), Throws.TypeOf<InvalidImageException>());
            Assert.That(() => fs.GetAttributes(new NodeId(999 * 2048)), Throws.TypeOf<InvalidImageException>());
            Assert.That(() => fs.GetAttributes(new NodeId(9999 * 2048)), Throws.TypeOf<TruncatedImageException>());
        });
    }
}
