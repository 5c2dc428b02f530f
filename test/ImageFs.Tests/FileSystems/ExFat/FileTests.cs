using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.ExFat;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.ExFat;

/// <summary>Files and directories: their entry sets, clusters, names.</summary>
internal sealed class FileTests
{
    private const int Size = 512;
    private const uint Root = ExFatImage.RootCluster;

    private ExFatImage _image = null!;

    [SetUp]
    public void Make() => _image = new ExFatImage().ExtendRoot(5, 50, 6);

    private FileSystem Open(params byte[][] sets)
    {
        _image.Add(Root, sets);
        return _image.Open();
    }

    [Test]
    public void A_contiguous_file_is_one_extent_whatever_the_table_says()
    {
        _image.Fill(10, 11, 12).SetLink(10, 0xFFFFFFF7);
        FileSystem fs = Open(ExFatImage.Set("file", 10, (2 * Size) + 7, isContiguous: true));
        Assert.That(fs.Extents("file"), Is.EqualTo((Extent[])[Extent.Mapped(0, (2 * Size) + 7, _image.AddressOf(10))]));
        Assert.That(fs.ReadAll("file").Chunk(Size).Select(cluster => cluster[0]), Is.EqualTo((byte[])[10, 11, 12]));
    }

    [Test]
    public void A_linked_file_has_its_runs()
    {
        _image.Chain(10, 11, 20, 9);
        FileSystem fs = Open(ExFatImage.Set("file", 10, 4 * Size));
        Assert.That(fs.Extents("file"), Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, 2 * Size, _image.AddressOf(10)),
            Extent.Mapped(2 * Size, Size, _image.AddressOf(20)),
            Extent.Mapped(3 * Size, Size, _image.AddressOf(9)),
        ]));
    }

    [TestCase(0u)]
    [TestCase(1u)]
    [TestCase(512u)]
    [TestCase(700u)]
    [TestCase(2048u)]
    public void Bytes_that_were_never_written_are_zeros(uint valid)
    {
        _image.Chain(10, 11, 20, 9);
        FileSystem fs = Open(ExFatImage.Set("file", 10, 4 * Size, valid));
        byte[] expected = new byte[4 * Size];
        for (int i = 0; i < valid; i++)
        {
            expected[i] = (byte)new uint[] { 10, 11, 20, 9 }[i / Size];
        }

        Assert.That(fs.ReadAll("file"), Is.EqualTo(expected));
        Assert.That(fs.Attributes("file").Size, Is.EqualTo(4 * Size));
        if (valid < 4 * Size)
        {
            Assert.That(fs.Extents("file")[^1], Is.EqualTo(new Extent(valid, (4 * Size) - valid, ExtentKind.Unwritten, 0)));
        }
    }

    [Test]
    public void More_valid_bytes_than_bytes_are_an_error()
    {
        FileSystem fs = Open(ExFatImage.Set("file", 10, 100, 101, isContiguous: true), ExFatImage.Set("other"));
        Assert.That(() => fs.ReadAll("file"), Throws.TypeOf<InvalidImageException>());
        Assert.That(fs.ReadAll("other"), Is.Empty);
    }

    [TestCase(10u, 3u, false)]
    [TestCase(1001u, 1u, true)]
    [TestCase(0u, 0u, true)]
    [TestCase(5000u, 0u, true)]
    [TestCase(0u, 0u, false)]
    public void A_file_is_read_as_far_as_it_has_clusters(uint first, uint clusters, bool isContiguous)
    {
        _image.Chain(10, 11, 12);
        FileSystem fs = Open(ExFatImage.Set("file", first, 5 * Size, isContiguous: isContiguous));
        BlockSource file = fs.OpenFile(fs.Find("file"));
        byte[] bytes = new byte[(int)clusters * Size];
        file.ReadAt(0, bytes);
        Assert.That(() => file.ReadAt(clusters * Size, new byte[1]), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_file_larger_than_the_volume_is_an_error()
    {
        FileSystem fs = Open(ExFatImage.Set("huge", 10, ulong.MaxValue), ExFatImage.Set("large", 10, 1001 * Size));
        Assert.That(() => fs.Attributes("huge"), Throws.TypeOf<InvalidImageException>());
        Assert.That(() => fs.ReadAll("large"), Throws.TypeOf<InvalidImageException>());
        Assert.That(fs.Names(), Is.EqualTo((string[])["huge", "large"]));
    }

    [Test]
    public void Attributes_are_those_of_exfat()
    {
        byte[] readOnly = ExFatImage.Set("file", attributes: EntryAttributes.ReadOnly | EntryAttributes.Hidden);
        byte[] directory = _image.Directory("dir", true, 30, 31);
        directory[4] |= (byte)EntryAttributes.ReadOnly;
        _image.Add(30, _image.Directory("sub", true, 33));
        FileSystem fs = Open(readOnly, ExFatImage.Sign(directory), ExFatImage.Set("x"));
        Assert.That(fs.Attributes("file").Permissions, Is.EqualTo(Convert.ToUInt32("555", 8)));
        Assert.That(fs.Attributes("dir").Permissions, Is.EqualTo(Convert.ToUInt32("755", 8)));
        Assert.That(fs.Attributes("dir").LinkCount, Is.EqualTo(3));
        Assert.That(fs.Attributes("dir").Size, Is.EqualTo(2 * Size));
        Assert.That(fs.Attributes("dir").Blocks, Is.EqualTo(2));
        Assert.That(fs.Attributes("x").Inode, Is.Not.EqualTo(fs.Attributes("file").Inode));
    }

    [Test]
    public void Names_are_found_by_the_volumes_own_letters()
    {
        string longest = new('n', 255);
        string[] names = ["Café", "über \U0001F600", longest, "a \uDE00b"];
        FileSystem fs = Open([.. names.Select(name => ExFatImage.Set(name))]);
        Assert.That(fs.Names(), Is.EqualTo((string[])["Café", "über \U0001F600", longest, "a b"]));
        Assert.That(fs.Has("CAFÉ"));
        Assert.That(fs.Has("café.."), "dots at the end do not count");
        Assert.That(_image.Open("keep_last_dots").Has("café."), Is.False);
        Assert.That(fs.Has("ÜBER \U0001F600"), Is.False, "the table has no ü");
        Assert.That(fs.Has("über \U0001F600"));
        Assert.That(fs.Has(new string('N', 255)));
        Assert.That(fs.Has(new string('N', 256)), Is.False);
        Assert.That(fs.TryLookup(fs.Root, [0xFF], out _), Is.False);
        FileSystem latin = _image.Open("iocharset=iso8859-1");
        Assert.That(latin.TryLookup(latin.Root, [(byte)'C', (byte)'A', (byte)'F', 0xC9], out NodeId cafe));
        Assert.That(cafe, Is.EqualTo(fs.Find("Café")));
        Assert.That(latin.Has("Café"), Is.False);
    }

    [Test]
    public void Sets_go_from_cluster_to_cluster([Values] bool isContiguous)
    {
        // 16 entries fill a cluster: sets of five entries cross at 15, 30, ...
        uint[] clusters = isContiguous ? [40, 41, 42, 43] : [40, 60, 41, 70];
        _image.Add(Root, _image.Directory("dir", isContiguous, clusters));
        for (int i = 0; i < 12; i++)
        {
            _image.Add(40, ExFatImage.Set($"name of more than 30 letters, {i}"));
        }

        // A table that leads astray where there are no links.
        _image.SetLink(isContiguous ? 40u : 500u, 99);
        FileSystem fs = _image.Open();
        Assert.That(fs.Names("dir"), Is.EqualTo(Enumerable.Range(0, 12).Select(i => $"name of more than 30 letters, {i}")));
        foreach (VolumeFixture.ListedEntry entry in fs.List(fs.Find("dir")).Skip(2))
        {
            Assert.That(fs.GetAttributes(entry.Node).Size, Is.Zero);
            Assert.That(fs.Find($"dir/{entry.Name}"), Is.EqualTo(entry.Node));
        }
    }

    [Test]
    public void Dot_dot_leads_back_also_for_who_was_never_there()
    {
        _image.Add(Root, ExFatImage.Set("file"), _image.Directory("a", true, 30), _image.Directory("b", false, 31));
        _image.Add(31, _image.Directory("c", true, 32));
        _image.Add(32, _image.Directory("d", false, 33));
        FileSystem fs = _image.Open();
        NodeId d = fs.Find("b/c/d");
        foreach (FileSystem opened in (FileSystem[])[fs, _image.Open()])
        {
            Assert.That(opened.TryLookup(d, ".."u8, out NodeId parent) ? parent : default, Is.EqualTo(fs.Find("b/c")));
            Assert.That(opened.TryLookup(parent, ".."u8, out parent) ? parent : default, Is.EqualTo(fs.Find("b")));
            Assert.That(opened.TryLookup(parent, ".."u8, out parent) ? parent : default, Is.EqualTo(fs.Root));
        }
    }

    [Test]
    public void Entries_of_no_file_are_passed_over()
    {
        byte[] vendor = ExFatImage.Set("vendor", more: [0xE0, 0xE1]);
        byte[] deleted = ExFatImage.Set("deleted");
        for (int i = 0; i < deleted.Length; i += 32)
        {
            deleted[i] &= 0x7F;
        }

        byte[] unknown = ExFatImage.VolumeEntry(0x8A, 0, 0);
        byte[] benign = ExFatImage.VolumeEntry(0xA5, 0, 0);
        byte[] end = new byte[32];
        FileSystem fs = Open(
            ExFatImage.Set("a"), unknown, vendor, deleted, benign, ExFatImage.Set("b"), end, ExFatImage.Set("beyond the end"));
        Assert.That(fs.Names(), Is.EqualTo((string[])["a", "vendor", "b"]));
        Assert.That(fs.Attributes("vendor").Size, Is.Zero);
    }

    [Test]
    public void A_damaged_set_does_not_take_its_neighbours_down([Values("count", "order", "name", "empty", "critical")] string damage)
    {
        byte[] set = ExFatImage.Set("a name of two parts", more: damage == "critical" ? [0xC5] : []);
        switch (damage)
        {
            case "count":
                set[1] = 9;
                break;
            case "order":
                set[32] = EntryType.FileName;
                break;
            case "name":
                set[32 + 3] = 31;
                break;
            case "empty":
                set[32 + 3] = 0;
                break;
            default:
                break;
        }

        FileSystem fs = Open(ExFatImage.Set("before"), ExFatImage.Sign(set), ExFatImage.Set("after"));
        List<VolumeFixture.ListedEntry> entries = fs.List(fs.Root);
        Assert.That(entries.Select(entry => entry.Name), Is.EqualTo((string[])[".", "..", "before", "after"]));
        Assert.That(() => fs.List(fs.Root, entries[^1].NextPosition), Throws.TypeOf<InvalidImageException>());
        Assert.That(fs.Has("before") && fs.Has("after"));
        Assert.That(() => fs.Has("a name of two parts"), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_set_with_a_wrong_sum_has_a_name_and_no_more()
    {
        byte[] set = ExFatImage.Set("file", 10, 100, isContiguous: true);
        set[2]++;
        FileSystem fs = Open(set, ExFatImage.Set("other"));
        Assert.That(fs.Names(), Is.EqualTo((string[])["file", "other"]));
        Assert.That(() => fs.Attributes("file"), Throws.TypeOf<InvalidImageException>());
        Assert.That(() => fs.ReadAll("file"), Throws.TypeOf<InvalidImageException>());
        Assert.That(fs.Attributes("other").Size, Is.Zero);
    }

    [Test]
    public void The_name_hash_decides_as_in_Linux()
    {
        byte[] set = ExFatImage.Set("file");
        set[32 + 4]++;
        Assert.That(Open(ExFatImage.Sign(set)).Has("file"), Is.False);
    }

    [Test]
    public void A_directory_that_loops_ends()
    {
        byte[] directory = _image.Directory("dir", false, 40, 41);
        _image.Add(40, ExFatImage.Set("in"));
        _image.SetLink(41, 40);
        FileSystem fs = Open(directory);
        Assert.That(fs.Names("dir"), Is.EqualTo((string[])["in"]));

        // A directory that is its own parent is one more of its kind, and no more.
        byte[] own = ExFatImage.Set("own", Root, Size, attributes: EntryAttributes.Directory);
        fs = Open(own);
        Assert.That(fs.Find("own/own/own"), Is.EqualTo(fs.Find("own")));
        Assert.That(fs.TryLookup(fs.Find("own"), ".."u8, out _));
    }
}
