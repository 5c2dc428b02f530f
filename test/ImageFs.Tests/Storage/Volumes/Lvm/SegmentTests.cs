using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes.Lvm;
using ImageFs.Storage.Volumes.Lvm.Thin;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Segments of thin volumes, snapshots and caches: what the text of a group says of them, right and wrong.</summary>
internal sealed class SegmentTests
{
    private const int Extent = SampleGroup.Extent;
    private const string PoolSettings = "metadata = \"tmeta\"\npool = \"tdata\"\ntransaction_id = 5\nchunk_size = 128";

    private readonly (int Cache, int Origin, bool IsDirty)[] _mappings = [(0, 5, true), (1, 3, false), (7, 2, true)];

    private DiskFolder _folder = null!;
    private byte[] _thin = null!;
    private byte[] _cache = null!;

    [OneTimeSetUp]
    public void MakeMetadata()
    {
        _folder = new DiskFolder();
        _thin = new ThinImage { [1] = { [0] = 4, [2] = 1 }, [2] = { [1] = 3 } }.Write(_folder, 8);
        _cache = CacheImage.Write(_folder, _mappings, 8, 2);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void A_thin_volume_lies_on_its_pool_and_its_external_origin()
    {
        byte[] data = Bytes(8, 1);
        byte[] origin = Bytes(4, 2);
        SampleGroup group = Pool(data).Linear("outer", origin)
            .Segment("one", 4, "thin", Thin(1))
            .Segment("two", 4, "thin", $"{Thin(2)}\nexternal_origin = \"outer\"");
        DiskAssert.Holds(group.Open("one"), [.. data[(4 * Extent)..(5 * Extent)], .. new byte[Extent], .. data[Extent..(2 * Extent)], .. new byte[Extent]]);
        DiskAssert.Holds(group.Open("two"), [.. origin[..Extent], .. data[(3 * Extent)..(4 * Extent)], .. origin[(2 * Extent)..]]);
        Assert.That(group.Warnings, Is.Empty);
        Assert.That(new ShownVolumes(group.Read()).Has(group.Read().FindLogical("pool")!), Is.False, "a pool is no volume for users");
    }

    [Test]
    public void What_is_odd_of_a_pool_is_told_once()
    {
        byte[] metadata = [.. _thin];
        ThinImage.Change(metadata, ThinSuperblock.Kind, 0, block => block[4] = 1);
        SampleGroup group = new SampleGroup().Linear("tmeta", metadata, isVisible: false).Linear("tdata", Bytes(8, 1), isVisible: false)
            .Segment("pool", 8, "thin-pool", PoolSettings.Replace("transaction_id = 5", "transaction_id = 6", StringComparison.Ordinal))
            .Segment("one", 4, "thin", Thin(1)).Segment("two", 4, "thin", Thin(2));
        LogicalVolumes volumes = group.Volumes();
        foreach (string name in (string[])["one", "two"])
        {
            Assert.That(volumes.Open(volumes.Group.FindLogical(name)!).Length, Is.EqualTo(4 * Extent));
        }

        Assert.That(group.Warnings, Has.Count.EqualTo(2));
        Assert.That(group.Warnings, Has.One.Contains("thin pool vg/pool is at transaction 5, and its volume group at 6").And.One.Contains("vg/pool needs a check"));
    }

    [Test]
    public void A_pool_that_contradicts_its_text_is_told()
    {
        AssertWrong(Pool(Bytes(8, 1), PoolSettings.Replace("128", "256", StringComparison.Ordinal)).Segment("one", 4, "thin", Thin(1)), "one", "chunk_size is 131072 bytes, and the pool's own metadata says 65536");
        AssertWrong(Pool(Bytes(8, 1)).Segment("one", 4, "thin", "thin_pool = \"tdata\"\ndevice_id = 1"), "one", "no thin pool");
        AssertWrong(Pool(Bytes(8, 1)).Segment("one", 4, "thin", "thin_pool = \"other\"\ndevice_id = 1"), "one", "no volume other");
        AssertWrong(Pool(Bytes(8, 1)).Segment("one", 4, "thin", Thin(3)), "one", "no device 3");
        AssertWrong(Pool(Bytes(8, 1)).Segment("one", 4, "thin", Thin(1 << 24)), "one", "device_id is 16777216");
    }

    [Test]
    public void What_lies_on_itself_is_told()
    {
        AssertWrong(
            new SampleGroup().Segment("tmeta", 16, "thin", Thin(1)).Linear("tdata", Bytes(8, 1)).Segment("pool", 8, "thin-pool", PoolSettings), "tmeta", "lies on itself");
        AssertWrong(new SampleGroup().Segment("snap", 1, "snapshot", "chunk_size = 8\norigin = \"snap\"\ncow_store = \"cow\"").Linear("cow", Bytes(1, 1)), "cow", "lies on itself");
        AssertWrong(new SampleGroup().Segment("one", 1, "cache", "cache_pool = \"one\"\norigin = \"two\"").Segment("two", 1, "writecache", "writecache = \"one\"\norigin = \"one\""), "one", "lies on itself");
    }

    // What `lvm segtypes` lists and is not read, what the device mapper has besides, and what nobody knows.
    [TestCase("vdo", "VDO")]
    [TestCase("vdo-pool", "VDO")]
    [TestCase("integrity", "lvconvert --raidintegrity n")]
    [TestCase("thin-pool", "a pool")]
    [TestCase("cache-pool", "a pool")]
    [TestCase("era", "dm-era")]
    [TestCase("clone", "dm-clone")]
    [TestCase("later", "")]
    [TestCase("striped+LATER", "")]
    public void A_type_that_is_not_read_is_refused_by_its_name(string type, string hint)
    {
        SampleGroup group = new SampleGroup().Linear("base", Bytes(1, 1)).Segment("odd", 1, type, "stripe_count = 1\nstripes = [ \"pv0\", 0 ]");
        Assert.That(() => group.Open("odd"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.StartsWith($"not supported: LVM segments of the type {type}").And.Message.Contains(hint));
        Assert.That(group.Open("base").Length, Is.EqualTo(Extent), "the others are read");
    }

    // As lvm2 writes it for lvcreate --type vdo: a volume on a pool on a volume with the data.
    [Test]
    public void A_volume_of_vdo_is_shown_and_refused_and_its_pool_is_not_shown()
    {
        SampleGroup group = new SampleGroup().Linear("vpool0_vdata", Bytes(4, 1), isVisible: false)
            .Segment("vpool0", 4, "vdo-pool", "data = \"vpool0_vdata\"\nheader_size = 128\nvirtual_extents = 16\nuse_compression = 1\nuse_deduplication = 1")
            .Segment("vdo0", 16, "vdo", "vdo_pool = \"vpool0\"\nvdo_offset = 0");
        Assert.That(Shown(group), Is.EqualTo((string[])["vdo0"]));
        Assert.That(() => group.Open("vdo0"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("the type vdo ("));
        Assert.That(SegmentTypes.NameOf(group.Read().FindLogical("vdo0")!), Is.EqualTo("vdo"));
    }

    [TestCase("mirror", "mirror_count = 2\nregion_size = 128\nmirrors = [ \"pv0\", 0, \"pv1\", 0 ]", true)]
    [TestCase("mirror", "mirror_count = 2\nregion_size = 128\nmirrors = [ \"pv1\", 0, \"pv0\", 0 ]", false)]
    [TestCase("raid1", "device_count = 2\nregion_size = 128\nraids = [ \"pair_rmeta_0\", \"gone\", \"pair_rmeta_1\", \"here\" ]", true)]
    public void A_mirror_lacks_a_leg(string type, string settings, bool isRead)
    {
        SampleGroup group = new SampleGroup().Linear("here", Bytes(2, 3)).Linear("pair_rmeta_0", new byte[Extent]).Linear("pair_rmeta_1", new byte[Extent]).Missing("gone", 2).Segment("pair", 2, type, settings);
        if (isRead)
        {
            DiskAssert.Holds(group.Open("pair"), Bytes(2, 3));
        }
        else
        {
            // Nothing tells what of the second leg is as the first, which is missing.
            Assert.That(() => group.Open("pair"), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("device=FILE"));
        }
    }

    [Test]
    public void A_snapshot_is_seen_under_the_name_of_its_store()
    {
        byte[] origin = Bytes(2, 1);
        SampleGroup group = new SampleGroup().Linear("base", origin).Linear("snap", Store(chunk: 3), isVisible: false)
            .Segment("snapshot0", 2, "snapshot", "chunk_size = 8\norigin = \"base\"\ncow_store = \"snap\"");
        DiskAssert.Holds(group.Open("base"), origin);
        DiskAssert.Holds(group.Open("snap"), Changed(origin, 3));
        Assert.That(Shown(group), Is.EqualTo((string[])["base", "snap"]));
    }

    [Test]
    public void An_origin_that_a_snapshot_is_merged_into_is_seen_as_it_will_be()
    {
        byte[] origin = Bytes(2, 1);
        SampleGroup group = new SampleGroup().Linear("base", origin).Linear("snap", Store(chunk: 3), isVisible: false)
            .Segment("snapshot0", 2, "snapshot", "chunk_size = 8\norigin = \"base\"\nmerging_store = \"snap\"");
        DiskAssert.Holds(group.Open("base"), Changed(origin, 3));
        Assert.That(Shown(group), Is.EqualTo((string[])["base"]));
    }

    [Test]
    public void A_thin_volume_that_a_snapshot_is_to_be_merged_into_is_seen_as_it_will_be()
    {
        byte[] data = Bytes(8, 1);
        SampleGroup group = Pool(data).Segment("one", 4, "thin", Thin(1)).Segment("two", 4, "thin", $"{Thin(2)}\norigin = \"one\"\nmerge = \"one\"", isVisible: false);
        DiskAssert.Holds(group.Open("one"), [.. new byte[Extent], .. data[(3 * Extent)..(4 * Extent)], .. new byte[2 * Extent]]);
        Assert.That(Shown(group), Is.EqualTo((string[])["one"]));
    }

    [Test]
    public void A_snapshot_whose_text_names_nothing_takes_no_other_volume_down()
    {
        SampleGroup group = new SampleGroup().Linear("base", Bytes(1, 1)).Segment("snapshot0", 1, "snapshot", "chunk_size = 8");
        Assert.That(Shown(group), Is.EqualTo((string[])["base"]));
        AssertWrong(group, "snapshot0", "is not there");
    }

    [TestCase("writeback")]
    [TestCase("writethrough")]
    public void A_cached_volume_has_its_cache_over_it(string mode)
    {
        byte[] origin = Bytes(4, 1);
        byte[] data = Bytes(4, 2);
        SampleGroup pool = new SampleGroup().Linear("base", origin).Linear("cmeta", _cache, isVisible: false).Linear("cdata", data, isVisible: false)
            .Segment("pool", 4, "cache-pool", $"data = \"cdata\"\nmetadata = \"cmeta\"\ncache_mode = \"{mode}\"")
            .Segment("one", 4, "cache", "cache_pool = \"pool\"\norigin = \"base\"");
        SampleGroup volume = new SampleGroup().Linear("base", origin).Linear("fast", [.. _cache, .. data], isVisible: false)
            .Segment("one", 4, "cache", $"cache_pool = \"fast\"\norigin = \"base\"\ncache_mode = \"{mode}\"\nmetadata_start = 0\nmetadata_len = 2048\ndata_start = 2048\ndata_len = 512");
        byte[] expected = [.. origin];
        foreach ((int cache, int block, _) in _mappings.Where(mapping => mapping.IsDirty))
        {
            data.AsSpan(cache * CacheImage.BlockSize, CacheImage.BlockSize).CopyTo(expected.AsSpan(block * CacheImage.BlockSize));
        }

        DiskAssert.Holds(pool.Open("one"), expected);
        DiskAssert.Holds(volume.Open("one"), expected);
        Assert.That(Shown(pool), Is.EqualTo((string[])["base", "one"]));
    }

    [Test]
    public void A_cache_that_is_missing_matters_when_it_may_have_what_was_not_written_back()
    {
        byte[] origin = Bytes(4, 1);
        SampleGroup Group(string mode) => new SampleGroup().Linear("base", origin).Missing("fast", 20)
            .Segment("one", 4, "cache", $"cache_pool = \"fast\"\norigin = \"base\"\ncache_mode = \"{mode}\"\nmetadata_start = 0\nmetadata_len = 2048\ndata_start = 2048\ndata_len = 512");
        SampleGroup through = Group("writethrough");
        DiskAssert.Holds(through.Open("one"), origin);
        Assert.That(through.Warnings, Has.One.Contains("the cache of base cannot be read"));
        DiskAssert.Holds(Group("passthrough").Open("one"), origin);
        Assert.That(() => Group("writeback").Open("one"), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Parts_of_a_cache_that_leave_its_volume_are_told()
    {
        SampleGroup Group(string part) => new SampleGroup().Linear("base", Bytes(1, 1)).Linear("fast", _cache)
            .Segment("one", 1, "cache", $"cache_pool = \"fast\"\norigin = \"base\"\nmetadata_start = 0\nmetadata_len = 1024\n{part}");
        AssertWrong(Group("data_start = 1024\ndata_len = 1025"), "one", "data_len is 1025 sectors from sector 1024 of a volume with 2048");
        AssertWrong(Group("data_start = 4096\ndata_len = 1"), "one", "data_start is 4096");
        AssertWrong(Group("data_len = 1"), "one", "data_start is not there");
    }

    [Test]
    public void A_volume_with_a_writecache_that_was_never_used_is_its_origin()
    {
        byte[] origin = Bytes(2, 1);
        DiskAssert.Holds(new SampleGroup().Linear("base", origin).Linear("fast", new byte[Extent]).Segment("one", 2, "writecache", "origin = \"base\"\nwritecache = \"fast\"").Open("one"), origin);
    }

    [TestCase("vdo")]
    [TestCase("integrity")]
    public void What_is_not_read_is_refused_by_name(string type) =>
        Assert.That(() => new SampleGroup().Segment("one", 1, type, string.Empty).Open("one"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains($"the type {type}"));

    [Test]
    public void Metadata_of_pools_and_caches_is_verified()
    {
        byte[] damaged = [.. _thin];
        damaged[4096 * (int)ThinImage.DeviceRoot(_thin, 1)] ^= 1;
        SampleGroup group = new SampleGroup().Linear("tmeta", damaged).Linear("tdata", Bytes(8, 1)).Segment("pool", 8, "thin-pool", PoolSettings)
            .Linear("base", Bytes(1, 1)).Linear("fast", [.. _cache, .. Bytes(4, 2)])
            .Segment("cached", 1, "cache", "cache_pool = \"fast\"\norigin = \"base\"\nmetadata_start = 0\nmetadata_len = 2048\ndata_start = 2048\ndata_len = 512");
        var told = new List<string>();
        foreach (Check check in LvmChecks.Of(group.Volumes()))
        {
            var run = new CheckRun(finding => told.Add($"{check.Name}: {finding}"), static _ => { });
            run.Try(() => check.Run!(run));
            told.Add($"{check.Name}: {run.Extent}");
        }

        Assert.That(told, Has.Count.EqualTo(3));
        Assert.That(told, Has.One.Contains("thin-pool vg/pool: thin metadata B-tree node").And.One.Contains("thin-pool vg/pool: 2 devices in").And.One.Contains("cache vg/cached: 8 mappings in"));
    }

    private SampleGroup Pool(byte[] data, string settings = PoolSettings) =>
        new SampleGroup().Linear("tmeta", _thin, isVisible: false).Linear("tdata", data, isVisible: false).Segment("pool", 8, "thin-pool", settings);

    private static string Thin(int device) => $"thin_pool = \"pool\"\ntransaction_id = 0\ndevice_id = {device}";

    private static byte[] Bytes(int extents, int seed)
    {
        byte[] bytes = new byte[extents * Extent];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    // A store of one chunk of 4,096 bytes.
    private static byte[] Store(int chunk)
    {
        byte[] store = new byte[Extent];
        "SnAp"u8.CopyTo(store);
        (store[4], store[8], store[12]) = (1, 1, 8);
        (store[4096], store[4096 + 8]) = ((byte)chunk, 2);
        store.AsSpan(2 * 4096, 4096).Fill(0x55);
        return store;
    }

    private static byte[] Changed(byte[] origin, int chunk)
    {
        byte[] changed = [.. origin];
        changed.AsSpan(chunk * 4096, 4096).Fill(0x55);
        return changed;
    }

    private static string[] Shown(SampleGroup group)
    {
        VolumeGroup read = group.Read();
        return [.. read.LogicalVolumes.Where(new ShownVolumes(read).Has).Select(volume => volume.Name)];
    }

    private static void AssertWrong(SampleGroup group, string name, string message) =>
        Assert.That(() => group.Open(name), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
}
