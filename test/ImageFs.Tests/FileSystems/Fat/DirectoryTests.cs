using System.Globalization;
using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Fat;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.ExFat;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>Directories: positions, the way back, attributes, large ones.</summary>
internal sealed class DirectoryTests
{
    [TestCase(12, 100u)]
    [TestCase(16, 5000u)]
    [TestCase(32, 100u)]
    public void Dot_dot_leads_back_also_for_who_was_never_there(int width, uint clusters)
    {
        var image = new FatImage(width, clusters);
        image.Add(0, image.Directory("A", 0, 10), image.Directory("B", 0, 11));
        image.Add(11, image.Directory("C", 11, 12));
        image.Add(12, image.Directory("D", 12, 13));
        FileSystem fs = image.Open();
        NodeId b = fs.Find("B");
        NodeId c = fs.Find("B/C");
        NodeId d = fs.Find("B/C/D");

        foreach (FileSystem opened in (FileSystem[])[fs, image.Open()])
        {
            Assert.That(opened.List(d).Select(entry => (entry.Name, entry.Node)), Is.EqualTo(((string, NodeId)[])[(".", d), ("..", c)]));
            Assert.That(opened.TryLookup(c, ".."u8, out NodeId parent) ? parent : default, Is.EqualTo(b));
            Assert.That(opened.TryLookup(b, ".."u8, out parent) ? parent : default, Is.EqualTo(fs.Root));
            Assert.That(opened.TryLookup(fs.Root, ".."u8, out parent) ? parent : default, Is.EqualTo(fs.Root));
        }
    }

    [Test]
    [MaxTime(5000)]
    public void A_tree_without_end_is_searched_once()
    {
        var image = new FatImage(16, 5000);
        image.Add(0, image.Directory("A", 0, 10));
        image.Add(10, [.. Enumerable.Range(0, 8).Select(i => FatImage.Entry($"A{i}", EntryAttributes.Directory, 10))]);
        FileSystem fs = image.Open();
        Assert.That(fs.Find("A/A3/A5/A3"), Is.EqualTo(fs.Find("A/A3")));
        var nowhere = new NodeId((ulong)image.AddressOf(4000));
        Assert.That(() => fs.TryLookup(nowhere, ".."u8, out _), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Reading_goes_on_at_every_position()
    {
        var image = new FatImage(32, 100);
        image.ExtendRoot(3, 4);
        for (int i = 0; i < 10; i++)
        {
            image.Add(0, i % 2 == 0 ? FatImage.Long($"a long name {i}", FatImage.Entry($"LONG{i}")) : [FatImage.Entry($"SHORT{i}")]);
        }

        FileSystem fs = image.Open();
        List<VolumeFixture.ListedEntry> all = fs.List(fs.Root);
        Assert.That(all, Has.Count.EqualTo(12));
        var byOnes = new List<VolumeFixture.ListedEntry>();
        for (long position = 0; fs.List(fs.Root, position, 1) is [VolumeFixture.ListedEntry entry]; position = entry.NextPosition)
        {
            byOnes.Add(entry);
        }

        Assert.That(byOnes, Is.EqualTo(all));
    }

    [Test]
    public void Directories_are_read_while_others_are()
    {
        var image = new FatImage(32, 100);
        image.Add(0, image.Directory("A", 0, 10), FatImage.Entry("FILE"), image.Directory("B", 0, 11));
        image.Add(10, [.. FatImage.Long("a long name", FatImage.Entry("LONG"))]);
        image.Add(11, FatImage.Entry("SHORT"), image.Directory("C", 11, 12));
        image.Add(12, FatImage.Entry("DEEP"));
        FileSystem fs = image.Open();
        var found = new List<string>();
        fs.ReadDirectory(fs.Root, 0, new TreeSink(fs, found, string.Empty));
        Assert.That(found, Is.EqualTo((string[])["/A", "/A/a long name", "/FILE", "/B", "/B/SHORT", "/B/C", "/B/C/DEEP"]));
    }

    [Test]
    public void Subdirectories_are_wished_for_before_the_first_is_asked_about([Values] bool isExFat)
    {
        (byte[] bytes, long[] places) = isExFat ? ExFatWithDirectories() : FatWithDirectories();
        var source = new RecordingSource(bytes);
        FileSystem fs = VolumeFixture.Open(source);
        (long, long)[] wishes = [.. places.Select(place => (place, 512L))];

        fs.PrefetchAttributes(fs.Root);
        Assert.That(source.Asked, Is.SupersetOf(wishes));

        // What has been read is not wished for again.
        fs.List(fs.Root).ForEach(entry => fs.GetAttributes(entry.Node));
        source.Asked.Clear();
        fs.PrefetchAttributes(fs.Root);
        fs.List(fs.Root);
        Assert.That(source.Asked, Has.None.AnyOf(wishes));
    }

    [Test]
    public void Attributes_are_those_of_vfat()
    {
        var image = new FatImage(16, 5000, sectorsPerCluster: 4);
        byte[] file = FatImage.Entry("FILE    EXE", EntryAttributes.ReadOnly | EntryAttributes.Hidden | EntryAttributes.System, 20, 3000);
        file[13] = 150;
        file[14] = 0x5C;
        file[15] = 0x64;
        file[16] = file[18] = file[24] = 0x5D;
        file[17] = file[19] = file[25] = 0x58;
        file[22] = 0x5C;
        file[23] = 0x64;
        image.Chain(20, 21);
        image.Add(0, file, image.Directory("DIR", 0, 10, 11), FatImage.Entry("TEXT"));
        image.Add(10, image.Directory("SUB1", 10, 12), image.Directory("SUB2", 10, 13));
        FileSystem fs = image.Open("uid=1000,gid=100,fmask=0133,dmask=0022,showexec,time_offset=120");

        NodeAttributes attributes = fs.Attributes("FILE.EXE");
        Assert.Multiple(() =>
        {
            Assert.That(attributes.Type, Is.EqualTo(NodeType.Regular));
            Assert.That(attributes.Permissions, Is.EqualTo(Convert.ToUInt32("444", 8)));
            Assert.That(attributes.Uid, Is.EqualTo(1000));
            Assert.That(attributes.Gid, Is.EqualTo(100));
            Assert.That(attributes.Size, Is.EqualTo(3000));
            Assert.That(attributes.Blocks, Is.EqualTo(8));
            Assert.That(attributes.LinkCount, Is.EqualTo(1));
            Assert.That(attributes.BlockSize, Is.EqualTo(2048));
            Assert.That(attributes.Inode, Is.EqualTo((ulong)image.RootAddress));

            // 2024-02-29 12:34:56, two hours ahead of UTC.
            Assert.That(attributes.ModifyTime, Is.EqualTo(new Timestamp(1709210096 - 7200)));
            Assert.That(attributes.ChangeTime, Is.EqualTo(attributes.ModifyTime));
            Assert.That(attributes.AccessTime, Is.EqualTo(new Timestamp(1709164800 - 7200)));
            Assert.That(attributes.BirthTime, Is.EqualTo(new Timestamp(1709210097 - 7200, 500_000_000)));
            Assert.That(fs.Attributes("TEXT").Permissions, Is.EqualTo(Convert.ToUInt32("644", 8)));
            Assert.That(fs.Attributes("DIR").Permissions, Is.EqualTo(Convert.ToUInt32("755", 8)));
            Assert.That(fs.Attributes("DIR").LinkCount, Is.EqualTo(4));
            Assert.That(fs.Attributes("DIR").Size, Is.EqualTo(4096));
            Assert.That(fs.Attributes("").LinkCount, Is.EqualTo(3));
            Assert.That(fs.Attributes("").Size, Is.EqualTo(512 * 32));
        });
    }

    [Test]
    public void A_sector_that_cannot_be_read_hides_only_what_is_in_it()
    {
        var image = new FatImage(32, 100);
        image.ExtendRoot(99, 4).Chain(100);
        image.Add(0, [.. Enumerable.Range(0, 40).Select(i => FatImage.Entry($"F{i}"))]);

        // The image ends before the second cluster of the directory.
        var source = new BlockSlice(new MemorySource(image.Bytes), 0, image.AddressOf(99));
        var warnings = new List<string>();
        FileSystem fs = new FatFormat().Open(source, OpenContext.Of(null, warnings.Add));
        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(fs.Names(), Is.EqualTo(Enumerable.Range(0, 40).Where(i => i is < 16 or >= 32).Select(i => $"F{i}")));
        Assert.That(fs.Has("F35"));
        Assert.That(() => fs.Has("F20"), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_name_is_found_as_fast_in_a_large_directory_as_in_a_small_one()
    {
        const int Files = 100_000;
        const int Lookups = 1000;
        var image = new FatImage(32, 20_000);
        image.ExtendRoot([.. Enumerable.Range(3, Files / 16).Select(i => (uint)i)]);
        for (int i = 0; i < Files; i++)
        {
            image.Add(0, FatImage.Entry(i.ToString("D8", CultureInfo.InvariantCulture)));
        }

        var source = new MapCountingSource(image.Bytes);
        FileSystem fs = new FatFormat().Open(source, new OpenContext());
        Assert.That(fs.Has("nothing"), Is.False);
        source.Reads = 0;
        for (int i = 0; i < Lookups; i++)
        {
            byte[] name = Encoding.ASCII.GetBytes((i * 97).ToString("D8", CultureInfo.InvariantCulture));
            Assert.That(fs.TryLookup(fs.Root, name, out NodeId node));
            Assert.That(node, Is.EqualTo(new NodeId((ulong)(image.AddressOf(2) + (i * 97 * 32)))));
        }

        Assert.That(fs.TryLookup(fs.Root, "99999999"u8, out _), Is.False);
        Assert.That(source.Reads, Is.LessThanOrEqualTo(2 * Lookups));
    }

    private static (byte[] Bytes, long[] Places) FatWithDirectories()
    {
        var image = new FatImage(16, 5000);
        image.Add(0, image.Directory("A", 0, 1001), image.Directory("B", 0, 2002));
        return (image.Bytes, [image.AddressOf(1001), image.AddressOf(2002)]);
    }

    private static (byte[] Bytes, long[] Places) ExFatWithDirectories()
    {
        var image = new ExFatImage();
        image.Add(ExFatImage.RootCluster, image.Directory("A", false, 301), image.Directory("B", true, 602));
        return (image.Seal().Bytes, [image.AddressOf(301), image.AddressOf(602)]);
    }

    private sealed class TreeSink(FileSystem fs, List<string> found, string path) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry)
        {
            string name = Encoding.UTF8.GetString(entry.Name);
            if (name is "." or "..")
            {
                return true;
            }

            found.Add($"{path}/{name}");
            if (entry.Type == NodeType.Directory)
            {
                fs.ReadDirectory(entry.Node, 0, new TreeSink(fs, found, $"{path}/{name}"));
            }

            return true;
        }
    }

    private sealed class MapCountingSource(byte[] bytes) : BlockSource
    {
        public int Reads { get; set; }

        public override long Length => bytes.Length;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            Reads++;
            below = this;
            return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination) =>
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }
}
