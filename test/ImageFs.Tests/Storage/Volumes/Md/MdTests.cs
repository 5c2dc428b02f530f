using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Raid;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Storage.Raid;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Md;

/// <summary>Arrays of md: which members work together, and what is said of the others.</summary>
internal sealed class MdTests
{
    private const int Faulty = 0xFFFE;
    private const int Spare = 0xFFFF;
    private const int Length = 24 * 4096;

    private static readonly string[] s_versions = ["0.90", "1.0", "1.1", "1.2"];

    private readonly List<string> _warnings = [];

    [SetUp]
    public void Forget() => _warnings.Clear();

    [Test]
    public void An_array_of_each_version_is_put_together([ValueSource(nameof(s_versions))] string version, [Values(1, 4, 5, 6, 10)] int level)
    {
        RaidModel model = Model(level);
        MdImage image = Image(version, model);
        VolumeNode array = Array(Members(image, model));
        Assert.That(array.Problem, Is.Null);
        Assert.That((array.Entry!.Kind, array.Entry.Length, array.Entry.Name), Is.EqualTo(($"raid{level}", (long)model.Data.Length, version == "0.90" ? "md7" : "home")));
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(array.Origins[0].Set!.Id, Is.EqualTo(MdImage.Uuid));
        Assert.That(array.Origins[0].Member!.Uuid, Is.EqualTo("00112233-4455-6677-8899-aabbccddeeff"));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void Version_0_90_is_read_in_the_other_byte_order()
    {
        RaidModel model = Model(5);
        MdImage image = Image("0.90", model) with { IsBigEndian = true, Events = 1UL << 20 };
        VolumeNode array = Array(Members(image, model));
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(array.Origins[0].Set!.Id, Is.EqualTo(MdImage.Uuid));
        Assert.That(Fact(array, "events"), Is.EqualTo(1L << 20));
    }

    [TestCase("home", ExpectedResult = true)]
    [TestCase("host:home", ExpectedResult = true)]
    [TestCase("md/home", ExpectedResult = true)]
    [TestCase(MdImage.Uuid, ExpectedResult = true)]
    [TestCase("host", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    public bool An_array_is_named_by(string value) => Array(Members(Image("1.2", Model(1)), Model(1))).Entry!.IsNamed(value);

    [TestCase("host:home", "home")]
    [TestCase("home", "home")]
    [TestCase("host:9", "md9")]
    [TestCase("9", "md9")]
    [TestCase("", "")]
    public void A_name_that_is_a_number_is_that_of_a_device(string name, string expected) =>
        Assert.That(Array(Members(Image("1.2", Model(1)) with { Name = name }, Model(1))).Entry!.Name, Is.EqualTo(expected));

    [Test]
    public void Linear_and_raid_0_take_each_member_as_long_as_it_is([ValueSource(nameof(s_versions))] string version, [Values(-1, 0)] int level)
    {
        // A member of 0.90 has all up to its super block: what is written there is as long.
        byte[] first = Bytes(1, version == "0.90" ? 65536 : 3 * 4096);
        byte[] second = Bytes(2, version == "0.90" ? 131072 : 5 * 4096);
        MdImage image = new(version, level, 2) { Layout = level == 0 ? 2 : 0 };
        byte[][] members = version == "0.90"
            ? [Moved(image, 0, first, first.Length + 65536), Moved(image, 1, second, second.Length + 65536)]
            : [image.Member(0, first), image.Member(1, second)];
        byte[] found = Read(Array(members).Source);
        Assert.That(found, Has.Length.EqualTo(first.Length + second.Length));
        byte[] start = level < 0 ? first : [.. first[..4096], .. second[..4096], .. first[4096..8192]];
        Assert.That(found[..(3 * 4096)], Is.EqualTo(start[..(3 * 4096)]));
        Assert.That(found[^4096..], Is.EqualTo(second[^4096..]));
    }

    [Test]
    public void Raid_0_without_a_member_is_not_opened()
    {
        VolumeNode array = Array(new MdImage("1.2", 0, 2) { Layout = 2 }.Member(1, Bytes(1, 8192)));
        Assert.That(array.Problem, Is.TypeOf<TruncatedImageException>().With.Message.Contains("member 0 of the array home is missing"));
        Assert.That(array.Origins[0].Set!.Missing, Is.EqualTo((string[])["member 0 of the array home"]));
        Assert.That(Fact(array, "state"), Is.EqualTo("clean, FAILED"));
    }

    [Test]
    public void One_member_of_raid_1_is_enough_whichever_it_is([ValueSource(nameof(s_versions))] string version, [Values(0, 1)] int member)
    {
        RaidModel model = Model(1);
        VolumeNode array = Array(Image(version, model).Member(member, model.Members[member]));
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(Fact(array, "state"), Is.EqualTo("clean, degraded"));
        Assert.That(Fact(array, $"member-{1 - member}"), Is.EqualTo("missing"));
        Assert.That(_warnings, Is.Empty, "nothing is lost");
    }

    [Test]
    public void What_is_missing_is_put_together_and_too_much_of_it_is_told()
    {
        RaidModel model = Model(5);
        byte[][] members = Members(Image("1.2", model), model);
        Assert.That(Read(Array(members[1..]).Source), Is.EqualTo(model.Data));
        Assert.That(_warnings, Is.Empty);
        VolumeNode array = Array(members[2..]);
        Assert.That(_warnings, Is.EqualTo((string[])["the array home lacks 2 of its 4 members (0, 1): what lies on them cannot be read (-o device=FILE names the image of one)"]));
        Assert.That(() => Read(array.Source), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Half_of_raid_10_may_be_missing_as_long_as_there_are_copies()
    {
        RaidModel model = Model(10);
        byte[][] members = Members(Image("1.2", model), model);
        VolumeNode array = Array(members[0], members[3]);
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(Fact(array, "state"), Is.EqualTo("clean, degraded"));
        Assert.That(_warnings, Is.Empty);
        Assert.That(Fact(Array(members[0], members[1]), "state"), Is.EqualTo("clean, FAILED"));
    }

    [Test]
    public void A_member_that_the_others_went_on_without_is_left_out([Values(1, 2, 30)] int events)
    {
        RaidModel model = Model(1);
        byte[] old = (Image("1.2", model) with { Events = 20 }).Member(0, Bytes(9, Length));
        byte[] fresh = (Image("1.2", model) with { Events = 20 + (ulong)events, Roles = [Faulty, 1] }).Member(1, model.Members[1]);
        VolumeNode array = Array(old, fresh);
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(_warnings.Single(), Does.StartWith("the array home: device 0 (d0d0d0d0:d0d0d0d0:d0d0d0d0:d0d0d0d0) is left out: the others went on without it (it has seen 20 events"));
        Assert.That(Fact(array, "device-0"), Does.StartWith("left out: the others"));
    }

    [Test]
    public void A_member_that_is_behind_by_one_event_counts_as_the_others_say()
    {
        RaidModel model = Model(1);
        byte[] behind = Image("1.2", model).Member(0, model.Members[0]);
        byte[] fresh = (Image("1.2", model) with { Events = 21 }).Member(1, Bytes(9, Length));
        Assert.That(Read(Array(behind, fresh).Source), Is.EqualTo(model.Data), "the first one is read");
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void Members_that_were_used_apart_are_not_mixed()
    {
        RaidModel model = Model(1);
        byte[] one = (Image("1.2", model) with { Roles = [0, Faulty], Events = 25 }).Member(0, model.Members[0]);
        byte[] other = (Image("1.2", model) with { Roles = [Faulty, 1], Events = 25 }).Member(1, Bytes(9, Length));
        Assert.That(Read(Array(one, other).Source), Is.EqualTo(model.Data));
        Assert.That(_warnings.Single(), Does.Contain("they were used apart"));
    }

    [Test]
    public void A_clone_of_a_member_is_told()
    {
        RaidModel model = Model(1);
        byte[] member = Image("1.2", model).Member(0, model.Members[0]);
        Assert.That(Read(Array(member, member).Source), Is.EqualTo(model.Data));
        Assert.That(_warnings.Single(), Does.Contain("is there twice"));
    }

    [Test]
    public void Spares_and_failed_members_have_no_place_and_make_no_volume()
    {
        RaidModel model = Model(5);
        MdImage image = Image("1.2", model) with { Roles = [0, 1, 2, 3, Spare, Faulty] };
        VolumeNode array = Array([.. Members(image, model), image.Member(4, Bytes(8, Length)), image.Member(5, Bytes(9, Length))]);
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That((Fact(array, "device-4"), Fact(array, "device-5")), Is.EqualTo(("spare", "faulty")));
        VolumeNode disk = Find(image.Member(4, Bytes(8, Length)));
        Assert.That(disk.Parts, Is.Empty);
        Assert.That(disk.Member!.Role, Is.EqualTo("spare"));
    }

    [Test]
    public void A_member_that_is_being_rebuilt_counts_as_far_as_it_is()
    {
        RaidModel model = Model(6);
        byte[] data = [.. model.Members[1][..20000], .. Bytes(9, Length)[20000..]];
        MdImage image = Image("1.2", model);
        byte[][] members = Members(image, model);
        members[1] = (image with { RecoveryOffset = 20000 / 512 }).Member(1, data);
        VolumeNode array = Array(members);
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        Assert.That(Fact(array, "state"), Is.EqualTo("clean, degraded, recovering"));
        Assert.That(Fact(array, "member-1"), Does.StartWith("rebuilt up to 19.5 KiB"));
    }

    [Test]
    public void What_takes_the_place_of_a_member_counts_when_that_is_missing([Values] bool isMissing)
    {
        RaidModel model = Model(1);
        MdImage image = Image("1.2", model) with { Roles = [0, 1, 1] };
        byte[] replacement = (image with { Features = 16, RecoveryOffset = 8 }).Member(2, [.. model.Data[..4096], .. Bytes(9, Length)[4096..]]);
        byte[][] members = [replacement, image.Member(1, model.Members[1])];
        VolumeNode array = Array(isMissing ? members[..1] : members);
        Assert.That(_warnings, Is.Empty);
        byte[] start = new byte[4096];
        array.Source.ReadAt(0, start);
        Assert.That(start, Is.EqualTo(model.Data[..4096]));
        if (isMissing)
        {
            Assert.That(() => array.Source.ReadAt(4096, start), Throws.TypeOf<TruncatedImageException>());
        }
        else
        {
            Assert.That(Read(array.Source), Is.EqualTo(model.Data));
        }
    }

    [Test]
    public void What_a_log_of_bad_blocks_has_comes_from_the_others()
    {
        RaidModel model = Model(1);
        byte[] data = [.. model.Data];
        data.AsSpan(3 * 512, 5 * 512).Fill(0xEE);
        MdImage image = Image("1.2", model) with { Bad = [((16 << 10) / 512, 0), (((16 << 10) / 512) + 3, 5)] };
        byte[] bad = image.Member(0, data);
        Assert.That(Read(Array(bad, Image("1.2", model).Member(1, model.Members[1])).Source), Is.EqualTo(model.Data));
        Assert.That(Fact(Array(bad), "member-0"), Does.EndWith("has bad blocks"));
        Assert.That(() => Read(Array(bad).Source), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("at 0x600 of the array lie on member 0 of the array home, which has bad blocks there"));
    }

    [TestCase(4u, "changing its shape")]
    [TestCase(512u, "write journal")]
    [TestCase(1u << 20, "unknown features 0x100000")]
    public void What_is_not_read_is_refused_by_name(uint features, string name)
    {
        RaidModel model = Model(5);
        VolumeNode array = Array(Members(Image("1.2", model) with { Features = features }, model));
        Assert.That(array.Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains(name));
        Assert.That(Fact(array, "unknown"), Does.Contain(name));
    }

    [Test]
    public void A_log_of_partial_parity_matters_only_after_a_crash_without_a_member([Values] bool isClean, [Values] bool isWhole, [Values(1024u, 2048u)] uint features)
    {
        RaidModel model = Model(5);
        byte[][] members = Members(Image("1.2", model) with { Features = features, Clean = isClean ? ulong.MaxValue : 0 }, model);
        VolumeNode array = Array(isWhole ? members : members[1..]);
        Assert.That(array.Problem, isClean || isWhole ? Is.Null : Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains("PPL"));
    }

    [Test]
    public void Parity_after_a_crash_is_doubted_where_it_is_needed()
    {
        RaidModel model = Model(5);
        byte[][] members = Members(Image("1.2", model) with { Clean = 0 }, model);
        Array(members);
        Assert.That(_warnings, Is.Empty);
        Array(members[1..]);
        Assert.That(_warnings.Single(), Does.Contain("was not stopped cleanly and lacks a member"));
    }

    [Test]
    public void A_reshape_of_version_0_90_is_refused_by_name()
    {
        RaidModel model = Model(5);
        Assert.That(Array(Members(Image("0.90", model) with { Minor0 = 91 }, model)).Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains("changing its shape"));
    }

    [TestCase(-4, "multipath")]
    [TestCase(-5, "faulty")]
    [TestCase(-10, "container")]
    [TestCase(3, "raid3")]
    public void A_level_that_is_none_is_refused_by_name(int level, string name) =>
        Assert.That(Array(new MdImage("1.2", level, 2).Member(0, Bytes(1, 8192))).Problem, Is.TypeOf<UnsupportedFeatureException>().With.Message.Contains($"level {name}"));

    [Test]
    public void Of_two_super_blocks_the_array_made_last_counts([Values] bool isAtEnd)
    {
        RaidModel model = Model(1);
        byte[] member = Image("1.0", model).Member(0, model.Members[0], tail: 4096);
        MdImage older = Image("1.2", model) with { Created = isAtEnd ? 1_600_000_000u : 1_800_000_000u };
        older.Member(0, new byte[512]).AsSpan(4096, 4096).CopyTo(member.AsSpan(4096));
        Assert.That(Find(member).Set!.Describe()!.Find("version"), Is.EqualTo(isAtEnd ? "1.0" : "1.2"));
    }

    [Test]
    public void What_is_at_the_end_of_the_last_partition_is_not_at_the_end_of_the_disk([Values("0.90", "1.0")] string version)
    {
        // The partition ends with the disk, and begins at a multiple of 64 KiB: the super block is in its place for both.
        RaidModel model = Model(1);
        const int PartLength = 256 << 10;
        byte[] member = Moved(Image(version, model), 0, model.Members[0], PartLength);
        byte[] disk = new DiskImage(DiskImage.MiB + PartLength).Mbr((DiskImage.MiB, PartLength)).Put(member, DiskImage.MiB).Bytes;
        VolumeNode root = Find(disk);
        Assert.That(root.Set, Is.TypeOf<PartitionTable>());
        VolumeNode array = root.Walk().Single(node => node.Entry is { Kind: "raid1" });
        Assert.That(Read(array.Source)[..Length], Is.EqualTo(model.Data));
        Assert.That(array.Depth, Is.EqualTo(2));
    }

    [Test]
    public void A_table_inside_of_an_array_is_the_arrays([Values("0.90", "1.0")] string version)
    {
        byte[] inner = new DiskImage(3 * DiskImage.MiB).Mbr((DiskImage.MiB, DiskImage.MiB)).Put(Bytes(5, 4096), DiskImage.MiB).Bytes;
        VolumeNode root = Find(new MdImage(version, 1, 1).Member(0, inner));
        Assert.That(root.Set!.Kind, Is.EqualTo("linux_raid_member"));
        VolumeNode partition = root.Walk().Single(node => node.Entry is Partition);
        Assert.That(Read(partition.Source)[..4096], Is.EqualTo(Bytes(5, 4096)));
    }

    [Test]
    public void A_member_tells_what_a_table_counts_in([Values("1.1", "1.2")] string version)
    {
        // Entries in sectors of 4096 bytes.
        byte[] member = Image(version, Model(1)).Member(0, Model(1).Members[0]);
        byte[] disk = new DiskImage(4 * DiskImage.MiB).Mbr((DiskImage.MiB / 8, member.Length / 4096 * 512)).Put(member, DiskImage.MiB).Bytes;
        Assert.That(((Partition)Find(disk).Walk().Single(node => node.Entry is { Kind: "raid1" }).Origins[0].Entry!).Start, Is.EqualTo(DiskImage.MiB));
    }

    [Test]
    public void An_array_of_arrays_is_put_together_whatever_the_order()
    {
        // One member lies on a mirror, whose members come last.
        RaidGeometry geometry = new(RaidLevel.Raid10, 2) { Layout = RaidGeometry.Raid10Layout(1), ChunkLength = 4096, MemberLength = Length };
        var model = new RaidModel(geometry);
        byte[][] outer = [.. model.Members.Select((data, i) => (new MdImage("1.2", 10, 2) { Layout = geometry.Layout }).Member(i, data))];
        MdImage mirror = new("1.2", 1, 2) { Name = "inner" };
        byte[][] inner = Members(mirror, [outer[1], outer[1]]);
        foreach (byte[] member in inner)
        {
            member[4096 + 16] ^= 1;
            MdImage.Seal(member.AsSpan(4096));
        }

        VolumeNode[] nodes = FindAll(outer[0], inner[0], inner[1]);
        VolumeNode array = nodes[0].Walk().Single(node => node.Entry is { Kind: "raid10" });
        Assert.That(Read(array.Source), Is.EqualTo(model.Data));
    }

    [Test]
    public void A_member_that_is_cut_short_is_told_and_the_others_have_the_rest()
    {
        RaidModel model = Model(5);
        byte[][] members = Members(Image("1.2", model), model);
        members[2] = members[2][..^5000];
        Assert.That(Read(Array(members).Source), Is.EqualTo(model.Data));
        Assert.That(_warnings.Single(), Does.Contain("is cut short: it has 93304 of 98304 bytes of data"));
        Assert.That(Run(members).Exists(finding => finding.Problem.Contains("it is cut short", StringComparison.Ordinal)), Is.True);
    }

    [Test]
    public void Checks_find_copies_and_parity_that_differ([Values(1, 4, 5, 6, 10)] int level, [Values] bool isDamaged)
    {
        RaidModel model = Model(level);
        byte[][] members = Members(Image("1.2", model), model);
        if (isDamaged)
        {
            members[^1][(16 << 10) + 20000] ^= 1;
            members[^1][(16 << 10) + 20001] ^= 1;
            members[^1][(16 << 10) + 70000] ^= 1;
        }

        // RAID 6 has two parities, which both differ.
        List<Finding> findings = Run(members);
        Assert.That(findings, Has.Count.EqualTo(isDamaged ? 1 : 0));
        if (isDamaged)
        {
            Assert.That(findings[0].Problem, Does.Match("^(16|24|32) sectors differ"));
        }
    }

    [Test]
    public void Checks_leave_what_was_not_in_sync()
    {
        RaidModel model = Model(5);
        byte[][] members = Members(Image("1.2", model) with { Clean = 32768 / 512 }, model);
        members[0][(16 << 10) + 40000] ^= 1;
        Assert.That(Run(members), Is.Empty);
        members[0][(16 << 10) + 20000] ^= 1;
        Assert.That(Run(members).Single().Problem, Does.StartWith("8 sectors differ"));
    }

    private static RaidModel Model(int level) => new(level switch
    {
        1 => new RaidGeometry(RaidLevel.Raid1, 2) { MemberLength = Length },
        10 => new RaidGeometry(RaidLevel.Raid10, 4) { Layout = RaidGeometry.Raid10Layout(2), ChunkLength = 4096, MemberLength = Length },
        6 => new RaidGeometry(RaidLevel.Raid6, 5) { Layout = (int)ParityAlgorithm.LeftSymmetric, ChunkLength = 4096, MemberLength = Length },
        _ => new RaidGeometry((RaidLevel)level, 4) { Layout = (int)ParityAlgorithm.LeftSymmetric, ChunkLength = 4096, MemberLength = Length },
    });

    private static MdImage Image(string version, RaidModel model) =>
        new(version, (int)model.Geometry.Level, model.Geometry.MemberCount) { Layout = model.Geometry.Layout, Chunk = (int)model.Geometry.ChunkLength };

    private static byte[][] Members(MdImage image, RaidModel model) => Members(image, model.Members);

    private static byte[][] Members(MdImage image, byte[][] data) => [.. data.Select((bytes, i) => image.Member(i, bytes))];

    // With its super block where it belongs in a member of another length.
    private static byte[] Moved(MdImage image, int number, byte[] data, int length)
    {
        byte[] member = new byte[length];
        data.CopyTo(member, 0);
        byte[] written = image.Member(number, data);
        Span<byte> super = member.AsSpan((int)image.AddressIn(member.Length));
        written.AsSpan((int)image.AddressIn(written.Length), Math.Min(4096, super.Length)).CopyTo(super);
        if (image.Version != "0.90")
        {
            BitConverter.TryWriteBytes(super[144..], image.AddressIn(member.Length) / 512);
            MdImage.Seal(super);
        }

        return member;
    }

    private static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Read(BlockSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    private static object? Fact(VolumeNode array, string key) => array.Origins[0].Set!.Describe()!.Find(key);

    private List<Finding> Run(byte[][] members)
    {
        var findings = new List<Finding>();
        VolumeNode[] nodes = FindAll(members);
        foreach (Check check in nodes.SelectMany(node => node.Format!.ChecksOf(node.Source, new SectorSizes())).Concat(nodes[0].Set!.Checks))
        {
            var run = new CheckRun(findings.Add, static _ => { });
            run.Try(() => check.Run!(run));
        }

        return findings;
    }

    private VolumeNode[] FindAll(params byte[][] disks)
    {
        var search = new VolumeSearch(VolumeFormats.All, OpenContext.Of(null, _warnings.Add));
        VolumeNode[] nodes = [.. disks.Select(disk => search.Add(new MemorySource(disk), new SectorSizes()))];
        search.Run();
        return nodes;
    }

    private VolumeNode Find(byte[] disk) => FindAll(disk)[0];

    private VolumeNode Array(params byte[][] members) => FindAll(members)[0].Walk().Single(node => node.Entry is not null);
}
