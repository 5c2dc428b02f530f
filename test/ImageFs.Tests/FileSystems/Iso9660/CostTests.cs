using System.Diagnostics;
using System.Text;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>Directories cost what their bytes cost, whatever the records claim; and a name leads to one file.</summary>
internal sealed class CostTests
{
    private const int Sector = 2048;
    private const uint Regular = 0x81A4;
    private const uint FirstArea = 500;
    private const int Areas = 31;

    [Test]
    public void A_million_names_are_looked_up_by_an_index()
    {
        const int Count = 1_000_000;
        byte[] bytes = Large(Count);
        var source = new CountingSource(bytes);
        FileSystem fs = Iso9660Fixture.Open(source);
        Assert.That(fs.TryLookup(fs.Root, "none"u8, out _), Is.False);
        long before = source.Reads;
        for (int i = 0; i < 100; i++)
        {
            Assert.That(fs.TryLookup(fs.Root, Encoding.ASCII.GetBytes($"none{i}"), out _), Is.False);
            Assert.That(fs.TryLookup(fs.Root, Encoding.ASCII.GetBytes($"f{i * 9973:D7}"), out NodeId node), Is.True);
            Assert.That(fs.GetAttributes(node).Size, Is.EqualTo(i * 9973));
        }

        Assert.That(source.Reads - before, Is.LessThan(1000));
    }

    [Test]
    public void A_large_directory_that_the_image_does_not_hold_to_its_end_is_read_once()
    {
        byte[] bytes = Large(20_000);
        var source = new CountingSource(bytes[..^(100 * Sector)]);
        FileSystem fs = Iso9660Fixture.Open(source);
        Assert.Throws<TruncatedImageException>(() => fs.TryLookup(fs.Root, "none"u8, out _));
        long before = source.Reads;
        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<TruncatedImageException>(() => fs.TryLookup(fs.Root, "none"u8, out _));
            Assert.That(fs.TryLookup(fs.Root, "f0000007"u8, out _), Is.True);
        }

        Assert.That(source.Reads - before, Is.LessThan(1000));
    }

    // "XX" is known to nobody, an empty part of a name and attributes given again say nothing.
    [TestCase("XX", 4)]
    [TestCase("NM", 5)]
    [TestCase("PX", 36)]
    public void Continuation_areas_that_records_share_are_taken_apart_once(string signature, int length)
    {
        byte[] entry = signature switch
        {
            "XX" => IsoBytes.Entry("XX"),
            "NM" => IsoBytes.Nm(string.Empty, 1),
            _ => IsoBytes.Px(Regular),
        };
        Assert.That(entry, Has.Length.EqualTo(length));
        IsoImageBuilder image = Shared(5000, i => [IsoBytes.Nm($"name {i}"), IsoBytes.Ce(FirstArea, 0, Sector)], entry);
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(4000 * Sector));
        var clock = Stopwatch.StartNew();
        Assert.That(fs.List(fs.Root), Has.Count.EqualTo(5002));
        Assert.That(fs.Has("name 4999 end"));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public void Areas_that_overlap_in_any_number_of_ways_are_damage_in_the_end()
    {
        IsoImageBuilder image = Shared(
            5000, i => [IsoBytes.Nm($"name {i}"), IsoBytes.Ce(FirstArea, (uint)(i % 400) * 4, (uint)(60000 - (4 * (i / 400))))], IsoBytes.Entry("XX"));
        for (uint area = 0; area < Areas; area++)
        {
            image.Write(FirstArea + area, [.. Enumerable.Repeat(IsoBytes.Entry("XX"), Sector / 4).SelectMany(entry => entry)]);
        }

        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(4000 * Sector));
        var clock = Stopwatch.StartNew();
        Assert.That(() => fs.TryLookup(fs.Root, "none"u8, out _), Throws.TypeOf<InvalidImageException>().With.Message.Contains("nothing writes that many"));
        Assert.That(fs.Has("name 7"));
        Assert.That(clock.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    // A listing comes in many calls, each of which begins anew where the last one ended.
    [TestCase(60000, 1)]
    [TestCase(1900, 31)]
    public void A_listing_that_is_continued_costs_no_more_than_one_in_one_piece(int length, int chain)
    {
        IsoImageBuilder image = Shared(
            5000, i => [IsoBytes.Nm($"name {i}"), IsoBytes.Ce(FirstArea, (uint)(i % 30) * 4, (uint)(length - (4 * (i / 30))))], IsoBytes.Entry("XX"));
        for (uint area = 0; area < Areas; area++)
        {
            byte[] link = chain > 1 && area < Areas - 1 ? IsoBytes.Ce(FirstArea + area + 1, area * 4, 1900) : [];
            image.Write(FirstArea + area, [.. link, .. Enumerable.Repeat(IsoBytes.Entry("XX"), (Sector - link.Length) / 4).SelectMany(entry => entry)]);
        }

        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(4000 * Sector));
        int whole = fs.List(fs.Root).Count;
        Assert.That(whole, Is.LessThan(5002));
        int count = 0;
        long position = 0;
        Assert.That(
            () =>
            {
                while (true)
                {
                    var sink = new FewSink();
                    fs.ReadDirectory(fs.Root, position, sink);
                    count += sink.Count;
                    position = sink.Position;
                }
            },
            Throws.TypeOf<InvalidImageException>().With.Message.Contains("nothing writes that many"));
        Assert.That(count, Is.EqualTo(whole));
        Assert.That(() => fs.List(fs.Root, position + Sector), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_long_area_says_the_same_to_each_record()
    {
        byte[] area =
        [
            .. IsoBytes.Nm("-mid", 1), .. Enumerable.Repeat(IsoBytes.Entry("XX", 1, 2, 3), 100).SelectMany(entry => entry), .. IsoBytes.Nm(string.Empty, 1),
            .. IsoBytes.Nm("-end"), .. IsoBytes.Px(Regular, 1, 7), .. IsoBytes.Entry("ST"), 1, 2, 3, 4,
        ];
        var image = new IsoImageBuilder();
        image.Write(FirstArea, area);
        byte[][] records = [.. Enumerable.Range(0, 3).Select(i => IsoBytes.Record($"F{i};1", 40, 1, use: [IsoBytes.Nm($"n{i}", 1), IsoBytes.Ce(FirstArea, 0, (uint)area.Length)]))];
        FileSystem fs = Iso9660Fixture.Open(image.AddPrimary().AddRockRidgeRoot(records).BuildSparse(1000 * Sector));
        Assert.That(fs.Names(), Is.EqualTo(new[] { "n0-mid-end", "n1-mid-end", "n2-mid-end" }));
        Assert.That(fs.GetAttributes(fs.Find("n2-mid-end")).Uid, Is.EqualTo(7));
    }

    // Linux lists both and looks up the first.
    [Test]
    public void A_name_that_is_there_twice_is_the_first_for_all([Values(2, 1000)] int count)
    {
        byte[][] records =
        [
            .. Enumerable.Range(0, count).Select(i => IsoBytes.Record($"A{i:D6}.;1", 40, (uint)i)),
            .. Enumerable.Range(0, count).Select(i => IsoBytes.Record($"A{i:D6}.;1", 41, (uint)(1_000_000 + i))),
        ];
        var image = new IsoImageBuilder();
        image.AddPrimary().AddDirectory(image.Root, image.Root, null, records);
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * Sector));
        List<Iso9660Fixture.ListedEntry> listed = [.. fs.List(fs.Root).Where(entry => entry.Name.Length > 2)];
        Assert.That(listed, Has.Count.EqualTo(2 * count));
        for (int i = 0; i < listed.Count; i++)
        {
            Assert.That(fs.TryLookup(fs.Root, Encoding.ASCII.GetBytes(listed[i].Name), out NodeId node), Is.True);
            Assert.That((listed[i].Node, fs.GetAttributes(node).Size), Is.EqualTo((node, (long)(i % count))));
        }
    }

    [Test]
    public void A_name_that_no_path_can_hold_is_told_of_and_in_nobodys_way()
    {
        var image = new IsoImageBuilder();
        image.AddPrimary().AddDirectory(image.Root, image.Root, null, IsoBytes.Record("A/B;1", 40, 1), IsoBytes.Record("C;1", 40, 2));
        FileSystem fs = Iso9660Fixture.Open(image.BuildSparse(1000 * Sector), "map=off");
        List<Iso9660Fixture.ListedEntry> listed = fs.List(fs.Root);
        Assert.That(listed.Select(entry => entry.Name), Is.EqualTo(new[] { ".", "..", "C;1" }));
        Assert.That(
            () => fs.List(fs.Root, listed[^1].NextPosition), Throws.TypeOf<InvalidImageException>().With.Message.Contains("\"A/B;1\" has a slash in it"));
        Assert.That(fs.Has("none"), Is.False);
    }

    private static byte[] Large(int count)
    {
        const int Length = 44;
        const int InSector = Sector / Length;
        byte[] template = IsoBytes.Record("F0000000.;1", 40, 0);
        Assert.That(template, Has.Length.EqualTo(Length));
        byte[] records = new byte[((count / InSector) + 2) * Sector];
        for (int i = 0; i < count; i++)
        {
            Span<byte> record = records.AsSpan((((i / InSector) + 1) * Sector) + (i % InSector * Length), Length);
            template.CopyTo(record);
            IsoBytes.Both32((uint)i).CopyTo(record[10..]);
            Encoding.ASCII.GetBytes($"{i:D7}").CopyTo(record[34..]);
        }

        var image = new IsoImageBuilder();
        IsoBytes.Record([0], image.Root, (uint)records.Length, ImageFs.FileSystems.Iso9660.FileFlags.Directory).CopyTo(records, 0);
        return image.AddPrimary().Write(image.Root, records).BuildBytes();
    }

    // A chain of areas that all records begin: an entry over and over, and at the end of the last the rest of the name.
    private static IsoImageBuilder Shared(int count, Func<int, byte[][]> use, byte[] entry)
    {
        var image = new IsoImageBuilder();
        int repeats = (Sector - 28) / entry.Length;
        int rest = Sector - 28 - (repeats * entry.Length);
        byte[] padding = rest < 4 ? new byte[rest] : IsoBytes.Entry("PD", new byte[rest - 4]);
        for (uint area = 0; area < Areas - 1; area++)
        {
            byte[] link = IsoBytes.Ce(FirstArea + area + 1, 0, area == Areas - 2 ? 9u : Sector);
            image.Write(FirstArea + area, [.. Enumerable.Repeat(entry, repeats).SelectMany(bytes => bytes), .. link, .. padding]);
        }

        image.Write(FirstArea + Areas - 1, IsoBytes.Nm(" end"));
        return image.AddPrimary().AddRockRidgeRoot([.. Enumerable.Range(0, count).Select(i => IsoBytes.Record($"F{i:D5};1", 40, 1, use: use(i)))]);
    }

    private sealed class FewSink : IDirectorySink
    {
        private const int Most = 7;

        public int Count { get; private set; }

        public long Position { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Count == Most)
            {
                return false;
            }

            Count++;
            Position = entry.NextPosition;
            return true;
        }
    }
}
