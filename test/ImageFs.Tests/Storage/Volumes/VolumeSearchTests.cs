using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Storage.Volumes.Example;
using ImageFs.Tests.Storage.Volumes.Lvm;
using ImageFs.Tests.Support;
using static ImageFs.Tests.Support.DiskImage;

namespace ImageFs.Tests.Storage.Volumes;

/// <summary>Volumes that lie on several sources, and on each other.</summary>
internal sealed class VolumeSearchTests
{
    private const string Linux = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
    private const int PartLength = 8 * 512;

    private readonly List<string> _warnings = [];
    private readonly Keys _keys = new();

    [SetUp]
    public void Forget()
    {
        _keys.Asked = null;
        _warnings.Clear();
        _keys.Given = "Z";
    }

    [Test]
    public void A_table_is_a_set_whose_volumes_are_parts_of_the_disk()
    {
        VolumeNode disk = Find(Disk(Bytes(1), Bytes(2)));
        Assert.That(disk.Set, Is.TypeOf<PartitionTable>());
        Assert.That(Leaves(disk), Is.EqualTo((string[])["1", "2"]));
        Assert.That(Read(disk.Parts[1].Source, 100), Is.EqualTo(Bytes(2)[..100]));
    }

    [Test]
    public void Members_are_joined_and_their_bytes_stay_where_they_are()
    {
        VolumeNode disk = Find(Disk(Join("set", 1, 2, Bytes(2)), Join("set", 0, 2, Bytes(1))));
        Assert.That(Leaves(disk), Is.EqualTo((string[])["set/all", "set/0", "set/1"]));
        VolumeNode all = Leaf(disk, "set/all");
        Assert.That(all.Origins.Select(origin => origin.Entry!.Key), Is.EqualTo((string[])["1", "2"]));
        LocatedExtent first = all.Source.Locate(0, long.MaxValue);
        Assert.That((first.Address, first.Length), Is.EqualTo((2 * MiB + SampleHeader.Length, (long)(MiB - SampleHeader.Length))), "the first member is on the second partition");
        Assert.That(Read(all.Source, 100), Is.EqualTo(Bytes(1)[..100]));
    }

    [Test]
    public void A_member_on_another_disk_is_found()
    {
        var search = new VolumeSearch(Formats, Context);
        VolumeNode disk = search.Add(new MemorySource(Disk(Join("set", 0, 2, Bytes(1)))), new SectorSizes());
        search.Add(new MemorySource(Join("set", 1, 2, Bytes(2))), new SectorSizes());
        search.Run();
        Assert.That(Leaf(disk, "set/all").Source.Length, Is.EqualTo(MiB - SampleHeader.Length + PartLength));
        Assert.That(Read(Leaf(disk, "set/1").Source, 100), Is.EqualTo(Bytes(2)[..100]));
    }

    [Test]
    public void What_needs_a_missing_member_says_so_and_the_rest_is_there()
    {
        VolumeNode disk = Find(Disk(Join("set", 0, 2, Bytes(1))));
        Assert.That(Leaf(disk, "set/all").Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains("set/all without member 1 of set"));
        Assert.That(Read(Leaf(disk, "set/0").Source, 100), Is.EqualTo(Bytes(1)[..100]));
        Assert.That(disk.Parts[0].Set!.Missing, Is.EqualTo((string[])["member 1 of set"]));
    }

    [Test]
    public void One_half_of_a_mirror_is_enough()
    {
        byte[] half = SampleHeader.Write('M', "mirror", 1, 2, Bytes(3));
        Assert.That(Read(Leaf(Find(Disk(half)), "mirror/all").Source, 100), Is.EqualTo(Bytes(3)[..100]));
    }

    [Test]
    public void Volumes_lie_on_each_other()
    {
        // A partition table in a locked volume that lies on two joined ones, of which one is a mirror.
        byte[] locked = SampleHeader.Write('L', "lock", 0, 1, Disk(Bytes(7)), key: (byte)'Z');
        int cut = locked.Length / 2;
        byte[] mirror = SampleHeader.Write('M', "mirror", 0, 1, Join("join", 0, 2, locked.AsSpan(0, cut)));
        DiskImage outer = new DiskImage(16 * MiB).Gpt((MiB, mirror.Length, Linux), (8 * MiB, SampleHeader.Length + locked.Length - cut, Linux))
            .Put(mirror, MiB).Put(Join("join", 1, 2, locked.AsSpan(cut)), 8 * MiB);
        VolumeNode disk = Find(outer.Bytes);
        VolumeNode inmost = disk.Walk().First(node => node.Entry is Partition && node.Depth > 1);
        Assert.That(inmost.Depth, Is.EqualTo(5), "partition, mirror, join, lock, partition");
        Assert.That(Read(inmost.Source, 100), Is.EqualTo(Bytes(7)[..100]));
        Assert.That(inmost.LiesOn(entry => entry.IsNamed("join/all")) && inmost.LiesOn(entry => entry.IsNamed("2")), Is.True);
        Assert.That(inmost.LiesOn(entry => entry.IsNamed("3")), Is.False);
    }

    [Test]
    public void A_locked_volume_asks_for_its_key_when_it_is_wanted_and_not_before()
    {
        var search = new VolumeSearch(Formats, Context);
        VolumeNode disk = search.Add(new MemorySource(SampleHeader.Write('L', "lock", 0, 1, Disk(Bytes(7)), key: (byte)'Z')), new SectorSizes());
        search.Run();
        VolumeNode locked = Leaf(disk, "lock/all");
        Assert.That((locked.IsLocked, locked.Source.Length, _keys.Asked), Is.EqualTo((true, 0L, (string?)null)));
        Assert.That(locked.Problem, Is.TypeOf<LockedVolumeException>().With.Message.Contains("key-file="));
        search.Unlock(locked);
        search.Run();
        Assert.That((locked.IsLocked, locked.Problem, _keys.Asked), Is.EqualTo((false, (ImageException?)null, "lock")));
        Assert.That(Read(Leaf(disk, "1").Source, 100), Is.EqualTo(Bytes(7)[..100]));
    }

    [TestCase("", ExpectedResult = "lock is encrypted: its key is given by -o key-file=FILE, by -o key-fd=N, or as a service's credential imagefs.key")]
    [TestCase("XY", ExpectedResult = "lock: the key or passphrase does not open it")]
    [TestCase("XYZ", ExpectedResult = "")]
    public string A_locked_volume_takes_its_key_from_the_context(string keys)
    {
        _keys.Given = keys;
        VolumeNode volume = Leaf(Find(SampleHeader.Write('L', "lock", 0, 1, Bytes(9), key: (byte)'Z')), "lock/all");
        Assert.That(_keys.Asked, Is.EqualTo("lock"));
        if (volume.Problem is null)
        {
            Assert.That(Read(volume.Source, 100), Is.EqualTo(Bytes(9)[..100]));
        }

        return volume.Problem is { } problem ? problem.Message : string.Empty;
    }

    [Test]
    public void A_partition_is_not_asked_for_a_table_of_its_own() =>
        Assert.That(Leaves(Find(Disk(Disk(Bytes(1))[..PartLength]))), Is.EqualTo((string[])["1"]));

    // "up" and "low" both lack a member; one of those of "up" lies on "low".
    [Test]
    public void Of_two_sets_that_miss_members_the_one_on_the_other_has_all_that_are_there([Values] bool isUpperFirst, [Values] bool isStray)
    {
        byte[] first = Join("up", 0, 3, Bytes(1));
        byte[] second = SampleHeader.Write('M', "low", 0, 2, Join(isStray ? string.Empty : "up", 1, 3, Bytes(2)));
        VolumeNode disk = Find(isUpperFirst ? Disk(first, second) : Disk(second, first));
        foreach (int number in (int[])[0, 1])
        {
            Assert.That(Read(Leaf(disk, $"up/{number}").Source, 100), Is.EqualTo(Bytes((byte)(number + 1))[..100]));
        }

        Assert.That(Leaf(disk, "up/0").Origins.First(node => node.Entry is Partition).Set!.Missing, Is.EqualTo((string[])["member 2 of up"]));
        Assert.That(Leaf(disk, "up/all").Problem, Is.TypeOf<UnsupportedFeatureException>());
    }

    [Test]
    public void What_lies_on_a_set_is_no_member_of_it()
    {
        byte[] inner = Join("up", 1, 2, Bytes(2));
        VolumeNode disk = Find(Disk(Join("up", 0, 2, inner)));
        Assert.That(disk.Walk().Count(node => node.Entry?.Key == "up/0"), Is.EqualTo(1));
        Assert.That(disk.Walk().Count(node => node.Entry?.Key == "up/1"), Is.EqualTo(1));
    }

    [Test]
    public void Members_on_encrypted_volumes_are_put_together_when_all_are_open()
    {
        byte[] Locked(string name, byte[] data) => SampleHeader.Write('L', name, 0, 1, data, key: (byte)'Z');
        VolumeNode disk = Find(Disk(Locked("one", Join("up", 0, 2, Bytes(1))), Locked("two", Join("up", 1, 2, Bytes(2)))));
        VolumeNode all = Leaf(disk, "up/all");
        Assert.That((all.Problem, Read(all.Source, 100)), Is.EqualTo(((ImageException?)null, Bytes(1)[..100])));
        Assert.That(disk.Walk().Count(node => node.Entry?.Key == "up/0"), Is.EqualTo(1));
    }

    [Test]
    public void Volumes_at_one_place_are_read_once()
    {
        var source = new CountingSource(LongText(out int textLength));
        var search = new VolumeSearch([new ManyVolumes(), .. VolumeFormats.All], Context);
        VolumeNode disk = search.Add(source, new SectorSizes());
        search.Run();
        Assert.That(disk.Parts.Count(part => part.Set is { Kind: "volume-group" }), Is.EqualTo(VolumeSearch.MaxVolumes));
        Assert.That(source.BytesRead, Is.InRange(2 * textLength, (2 * textLength) + (100 * KiB)), "two copies of the text, and headers");
        Assert.That(source.Reads, Is.LessThan(100));
        Assert.That(_warnings, Has.One.Contains("is there twice"));
    }

    [Test]
    public void What_is_read_of_volumes_at_different_places_is_bounded()
    {
        byte[] one = LongText(out int textLength);
        var source = new CountingSource([.. Enumerable.Repeat(one, 40).SelectMany(bytes => bytes)]);
        var search = new VolumeSearch([new ManyVolumes(one.Length), .. VolumeFormats.All], Context with { Recognition = new RecognitionAllowance(7 * textLength) });
        VolumeNode disk = search.Add(source, new SectorSizes());
        search.Run();
        Assert.That(disk.Parts, Has.Count.EqualTo(40));
        Assert.That(source.BytesRead, Is.LessThan((7 * textLength) + (40 * 6 * KiB)), "of the other 73 texts nothing is read");
        Assert.That(_warnings, Has.One.Contains("more than").And.One.Contains("of metadata in all"));
    }

    [Test]
    public void Depth_is_bounded()
    {
        byte[] nested = Bytes(1);
        for (int i = 0; i <= VolumeSearch.MaxDepth; i++)
        {
            nested = SampleHeader.Write('M', $"m{i}", 0, 1, nested);
        }

        VolumeNode last = Find(nested).Walk().Last();
        Assert.That(last.Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains("more than 8 volumes that lie on each other"));
    }

    [Test]
    public void The_number_of_volumes_is_bounded()
    {
        var search = new VolumeSearch([new ManyVolumes()], Context);
        VolumeNode disk = search.Add(new MemorySource(Bytes(1)), new SectorSizes());
        search.Run();
        Assert.That(disk.Walk().Count(), Is.EqualTo(VolumeSearch.MaxVolumes + 1));
        Assert.That(_warnings, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_damaged_member_does_not_take_the_others_down()
    {
        VolumeNode disk = Find(Disk(SampleHeader.Write('J', "bad", 3, 2, Bytes(1)), Join("set", 0, 1, Bytes(2))));
        Assert.That(disk.Parts[0].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains("member 3 of 2"));
        Assert.That(disk.Parts[0].Format, Is.TypeOf<SampleVolumes>());
        Assert.That(Read(Leaf(disk, "set/all").Source, 100), Is.EqualTo(Bytes(2)[..100]));
    }

    // A physical volume, and the text of its group twice.
    private static byte[] LongText(out int textLength)
    {
        string text = LvmImage.Text([2], LvmImage.Volume("root", (1, LvmImage.Linear("pv0", 1)))) + new string('#', 14 << 10);
        textLength = text.Length + 1;
        return LvmImage.Write(0, 2, text, text);
    }

    private static IReadOnlyList<VolumeFormat> Formats { get; } = [.. VolumeFormats.All, new SampleVolumes()];

    private OpenContext Context => OpenContext.Of(null, _warnings.Add) with { Keys = _keys };

    private VolumeNode Find(byte[] bytes)
    {
        var search = new VolumeSearch(Formats, Context);
        VolumeNode disk = search.Add(new MemorySource(bytes), new SectorSizes());
        search.Run();
        while (disk.Walk().FirstOrDefault(node => node.IsLocked) is { } locked)
        {
            search.Unlock(locked);
            search.Run();
        }

        return disk;
    }

    private static string[] Leaves(VolumeNode disk) => [.. disk.Walk().Where(node => node.Set is null).Select(node => node.Entry!.Key)];

    private static VolumeNode Leaf(VolumeNode disk, string name) => disk.Walk().Single(node => node.Entry?.Key == name);

    private static byte[] Join(string name, int number, int count, ReadOnlySpan<byte> data) => SampleHeader.Write('J', name, number, count, data);

    // Partitions of 1 MiB each.
    private static byte[] Disk(params byte[][] contents)
    {
        var disk = new DiskImage((contents.Length + 2) * MiB);
        disk.Gpt([.. contents.Select((_, i) => ((i + 1) * MiB, MiB, Linux))]);
        for (int i = 0; i < contents.Length; i++)
        {
            disk.Put(contents[i], (i + 1) * MiB);
        }

        return disk.Bytes;
    }

    private static byte[] Bytes(byte value) => [.. Enumerable.Repeat(value, PartLength)];

    private static byte[] Read(BlockSource source, int length)
    {
        byte[] bytes = new byte[length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    /// <summary>Keys of one letter, one for each attempt.</summary>
    private sealed class Keys : IKeySource
    {
        public string Given { get; set; } = string.Empty;

        public string? Asked { get; set; }

        public bool IsAtHand => Given.Length > 0;

        public Key? Find(KeyRequest request)
        {
            Asked = request.Volume;
            return request.Attempt < Given.Length ? new Key([(byte)Given[request.Attempt]]) : null;
        }
    }

    /// <summary>A table of volumes at one place, or one after the other.</summary>
    private sealed class ManyVolumes(int length = 0) : VolumeFormat
    {
        public override string Name => "many";

        public override string Title => "many volumes";

        public override bool DividesDisks => true;

        public override VolumeMember? Recognise(BlockSource source, SectorSizes sectors, OpenContext context) => new(source, null);

        public override VolumeSet Assemble(IReadOnlyList<VolumeMember> members, OpenContext context) => new Set(members[0].Source, length);

        private sealed record Set(BlockSource Source, int PartLength) : VolumeSet("many", string.Empty)
        {
            public override IReadOnlyList<VolumeEntry> Entries =>
                [.. Enumerable.Range(1, PartLength == 0 ? 5000 : (int)Source.Length / PartLength).Select(number => new VolumeEntry(number, 1, string.Empty))];

            public override BlockSource Open(VolumeEntry entry, OpenContext context) =>
                PartLength == 0 ? Source : new BlockSlice(Source, (long)(entry.Number - 1) * PartLength, PartLength);
        }
    }
}
