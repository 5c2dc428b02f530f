using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;
using ImageFs.Storage.Volumes.Lvm;
using static ImageFs.Tests.Storage.Volumes.Lvm.LvmImage;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Volume groups written by hand: where the bytes of volumes lie, and damage of each kind.</summary>
internal sealed class LvmTests
{
    private readonly List<string> _warnings = [];

    [SetUp]
    public void Forget() => _warnings.Clear();

    [Test]
    public void A_linear_volume_lies_where_its_segments_say()
    {
        string text = Text([4, 4], Volume("root", (2, Linear("pv0", 1)), (1, Linear("pv1", 3)), (1, Linear("pv0", 3))));
        VolumeNode root = Open(Write(0, 4, text), Write(1, 4, text))["vg/root"];
        Assert.That(root.Source.Length, Is.EqualTo(4 * ExtentLength));
        Assert.That(Places(root.Source), Is.EqualTo(((int, long, long)[])
            [(0, DataStart + ExtentLength, 2 * ExtentLength), (1, DataStart + (3 * ExtentLength), ExtentLength), (0, DataStart + (3 * ExtentLength), ExtentLength)]));
        Assert.That((root.Entry!.Kind, root.Entry.Type, root.Entry.IsNamed("rootxx-0000-0000-0000-0000-0000-000000")), Is.EqualTo(("lvm", "linear", true)));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void A_striped_volume_lies_on_its_areas_by_turns()
    {
        string text = Text([4, 4], Volume("fast", (4, Striped(32 << 10, ("pv0", 1), ("pv1", 0)))));
        BlockSource source = Open(Write(0, 4, text), Write(1, 4, text))["vg/fast"].Source;
        Assert.That(Places(source), Is.EqualTo(Enumerable.Range(0, 8).Select(
            chunk => (chunk % 2, (long)DataStart + (chunk % 2 == 0 ? ExtentLength : 0) + (chunk / 2 * (32 << 10)), (long)(32 << 10)))));
    }

    [Test]
    public void A_text_may_go_on_behind_the_header_of_its_area()
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 1))));
        for (int left = 1; left < text.Length; left += 97)
        {
            byte[] disk = Write(0, 2, null);
            WriteArea(disk, AreaStart, text, AreaLength - left);
            Assert.That(Read(Open(disk)["vg/root"]), Is.EqualTo(Extent(disk, 1)), $"{left} bytes in front of the end");
        }
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void A_label_is_in_one_of_four_sectors(int sector)
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 1))));
        Assert.That(Open(Write(0, 2, text, sector: sector)).Keys, Is.EqualTo((string[])["vg/root"]));
    }

    [Test]
    public void The_newest_of_the_copies_that_are_whole_counts()
    {
        string older = Text([2], Volume("old", (1, Linear("pv0", 0))));
        string newer = Text([2], Volume("new", (1, Linear("pv0", 1))), sequence: 2);
        Assert.That(Open(Write(0, 2, older, newer)).Keys, Is.EqualTo((string[])["vg/new"]));
        byte[] damaged = Write(0, 2, newer, older);
        damaged[AreaStart + 700] ^= 1;
        Assert.That(Open(damaged).Keys, Is.EqualTo((string[])["vg/old"]));
        Assert.That(_warnings.Single(), Does.Contain("a copy of its metadata is damaged").And.Contain("the checksum of its text is wrong"));
        damaged[SecondAreaStart + 30] ^= 1;
        Assert.That(Find(damaged)[0].Problem, Is.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_physical_volume_without_metadata_is_found_by_that_of_others()
    {
        string text = Text([2, 2], Volume("root", (1, Linear("pv1", 1))));
        byte[] bare = Write(1, 2, null);
        WriteLabel(bare, 1, areas: 0);
        Assert.That(Read(Open(bare, Write(0, 2, text))["vg/root"]), Is.EqualTo(Extent(bare, 1)), "it comes first");
        Assert.That(Find(bare)[0].Problem, Is.TypeOf<TruncatedImageException>().With.Message.Contains("device=FILE"));
        WriteLabel(bare, 1, areas: 0, isUsed: false);
        VolumeNode free = Find(bare)[0];
        Assert.That((free.Problem, free.Set!.Entries.Count), Is.EqualTo(((ImageException?)null, 0)), "it is in no group");
    }

    [Test]
    public void What_needs_a_missing_physical_volume_names_it_and_the_rest_opens()
    {
        string text = Text([2, 2], Volume("here", (1, Linear("pv0", 0))) + Volume("gone", (1, Linear("pv1", 0))) + Volume("both", (1, Linear("pv0", 1)), (1, Linear("pv1", 1))));
        byte[] disk = Write(0, 2, text);
        Dictionary<string, VolumeNode> volumes = Open(disk);
        Assert.That(Read(volumes["vg/here"]), Is.EqualTo(Extent(disk, 0)));
        foreach (string name in (string[])["vg/gone", "vg/both"])
        {
            Assert.That(volumes[name].Problem, Is.TypeOf<TruncatedImageException>().With.Message.Contains(Uuid(1)).And.Message.Contains("/dev/sdb"));
        }

        Assert.That(_warnings.Single(), Does.Contain("not complete").And.Contain(Uuid(1)));
        Assert.That(volumes["vg/here"].Origins[0].Set!.Missing.Single(), Does.Contain(Uuid(1)));
    }

    [Test]
    public void Of_a_physical_volume_that_is_there_twice_the_first_counts_and_it_is_told()
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 0))));
        byte[] first = Write(0, 2, text);
        byte[] clone = Write(0, 2, text);
        clone[DataStart] ^= 0xFF;
        Assert.That(Read(Open(first, clone)["vg/root"]), Is.EqualTo(Extent(first, 0)));
        Assert.That(_warnings.Single(), Does.Contain("there twice"));
    }

    [Test]
    public void A_physical_volume_that_left_its_group_is_not_used()
    {
        byte[] left = Write(1, 2, Text([2, 2], Volume("root", (1, Linear("pv1", 0)))));
        byte[] stayed = Write(0, 2, Text([2], Volume("root", (1, Linear("pv0", 1))), sequence: 2));
        Assert.That(Read(Open(left, stayed)["vg/root"]), Is.EqualTo(Extent(stayed, 1)));
        Assert.That(_warnings.Single(), Does.Contain(Uuid(1)).And.Contain("out of date"));
    }

    [Test]
    public void A_group_that_is_exported_or_of_another_machine_is_told()
    {
        string volume = Volume("root", (1, Linear("pv0", 0)));
        Open(Write(0, 2, Text([2], volume, status: "\"EXPORTED\", \"READ\"")));
        Open(Write(0, 2, Text([2], volume).Replace("format = ", "system_id = \"other\"\nformat = ", StringComparison.Ordinal)));
        Assert.That(_warnings, Has.Count.EqualTo(2));
        Assert.That(_warnings, Is.EqualTo((string[])
            ["volume group vg is exported (vgexport): LVM does not activate it as it is", "volume group vg belongs to the machine other: LVM does not activate it as it is"]));
    }

    [Test]
    public void Zero_segments_are_zeros_and_error_segments_errors()
    {
        VolumeNode root = Open(Write(0, 2, Text([2], Volume("root", (1, "type = \"zero\""), (1, "type = \"error\"")))))["vg/root"];
        Assert.That(root.Source.Locate(0, long.MaxValue).Kind, Is.EqualTo(ExtentKind.Hole));
        Assert.That(() => root.Source.ReadAt(ExtentLength, new byte[1]), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("error segment"));
    }

    [TestCase(0, ExpectedResult = 0)]
    [TestCase(1, ExpectedResult = 1)]
    public int What_pvmove_has_moved_is_where_it_was_moved_to(int moved)
    {
        string mirror = $"type = \"mirror\"\nmirror_count = 2\nextents_moved = {moved}\nmirrors = [\n\"pv0\", 0,\n\"pv1\", 0\n]";
        string text = Text([2, 2], Volume("root", (1, Linear("pvmove0", 0))) + Volume("pvmove0", (1, mirror)).Replace(", \"VISIBLE\"", ", \"PVMOVE\"", StringComparison.Ordinal));
        Dictionary<string, VolumeNode> volumes = Open(Write(0, 2, text), Write(1, 2, text));
        Assert.That(volumes.Keys, Is.EqualTo((string[])["vg/root"]), "what is hidden is no volume");
        return Places(volumes["vg/root"].Source).Single().Disk;
    }

    [TestCase("type = \"striped\"\nstripe_count = 1\nstripes = [\"root\", 0]", "it lies on itself")]
    [TestCase("type = \"striped\"\nstripe_count = 1\nstripes = [\"pv0\", 2]", "leave physical volume")]
    [TestCase("type = \"striped\"\nstripe_count = 1\nstripes = [\"pv0\", 4294967295]", "leave physical volume")]
    [TestCase("type = \"striped\"\nstripe_count = 1\nstripes = [\"pv0\", 4294967296]", "names and extents by turns")]
    [TestCase("type = \"striped\"\nstripe_count = 1\nstripes = [\"nothing\", 0]", "there is no volume nothing in the group")]
    [TestCase("type = \"striped\"\nstripe_count = 2\nstripes = [\"pv0\", 0]", "stripe_count is 2")]
    [TestCase("type = \"striped\"\nstripe_count = 2\nstripe_size = 0\nstripes = [\"pv0\", 0, \"pv0\", 1]", "its chunks have 0 bytes")]
    [TestCase("type = \"striped\"\nstripe_count = 2\nstripe_size = 100\nstripes = [\"pv0\", 0, \"pv0\", 1]", "not whole stripes")]
    [TestCase("type = \"raid5_ls\"\ndevice_count = 3\nstripe_size = 128\nraids = [\"root\", \"root\"]", "has 2 images instead of 3")]
    [TestCase("type = \"raid1\"\ndevice_count = 1\nraids = [\"x_rmeta_0\"]", "ends with a volume of metadata")]
    [TestCase("type = \"mirror\"\nmirror_count = 2\nmirrors = [\"pv0\", 0, \"root\", 0]", "it lies on itself")]
    public void A_segment_that_cannot_be_is_an_error_of_its_volume(string segment, string problem)
    {
        Dictionary<string, VolumeNode> volumes = Open(Write(0, 2, Text([2], Volume("root", (1, segment)) + Volume("sound", (1, Linear("pv0", 0))))));
        Assert.That(volumes["vg/root"].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains(problem));
        Assert.That(volumes["vg/sound"].Problem, Is.Null);
    }

    [Test]
    public void Volumes_that_lie_on_each_other_are_bounded()
    {
        string chain = string.Concat(Enumerable.Range(0, 1000).Select(number => Volume($"v{number}", (1, Linear($"v{number + 1}", 0)))));
        Assert.That(() => VolumeGroup.Read(ConfigurationText.Read(System.Text.Encoding.UTF8.GetBytes(Text([2], chain)), static position => position)), Throws.Nothing);
        string some = string.Concat(Enumerable.Range(0, 20).Select(number => Volume($"v{number}", (1, Linear(number == 19 ? "pv0" : $"v{number + 1}", 0)))));
        Dictionary<string, VolumeNode> volumes = Open(Write(0, 2, Text([2], some)));
        Assert.That(volumes["vg/v0"].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains("more than 16 volumes lie on each other"));
        Assert.That(volumes["vg/v10"].Problem, Is.Null);
    }

    [TestCase("extent_size = 128", "extent_size = 4294967295", "extent_count = 1\n", "extent_count = 4294967295\n")]
    [TestCase("extent_size = 128", "extent_size = 0", "", "")]
    [TestCase("extent_size = 128", "extent_size = -1", "", "")]
    [TestCase("start_extent = 0", "start_extent = 1", "", "")]
    [TestCase("start_extent = 0", "start_extent = 99999999999", "", "")]
    [TestCase("seqno = 1", "seqno = \"1\"", "", "")]
    [TestCase("Text Format Volume Group", "Other", "", "")]
    [TestCase("version = 1", "version = 2", "", "")]
    [TestCase("pe_start = 128", "pe_start = 18446744073709551615", "", "")]
    [TestCase("id = \"0", "uid = \"0", "", "")]
    public void A_text_that_contradicts_itself_is_an_error(string what, string instead, string andWhat, string andInstead)
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 0)))).Replace(what, instead, StringComparison.Ordinal);
        VolumeNode disk = Find(Write(0, 2, andWhat.Length == 0 ? text : text.Replace(andWhat, andInstead, StringComparison.Ordinal)))[0];
        Assert.That(disk.Problem ?? disk.Parts[0].Problem, Is.InstanceOf<ImageException>().And.Not.InstanceOf<LockedVolumeException>());
    }

    [Test]
    public void Counts_up_to_the_largest_do_not_overflow()
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 0)))).Replace("pe_count = 2", "pe_count = 4294967295", StringComparison.Ordinal).Replace("extent_size = 128", "extent_size = 4294967295", StringComparison.Ordinal);
        VolumeNode disk = Find(Write(0, 2, text))[0];
        Assert.That(disk.Problem, Is.Null);
        Assert.That(() => disk.Parts[0].Source.ReadAt(1 << 20, new byte[1]), Throws.InstanceOf<ImageException>());
    }

    [Test]
    public void What_is_changed_anywhere_is_read_or_an_error()
    {
        string text = Text([4, 4], Volume("root", (2, Linear("pv0", 0)), (2, Striped(4096, ("pv0", 2), ("pv1", 0)))) + Volume("top", (1, Linear("root", 1))));
        byte[] other = Write(1, 4, text);
        int opened = 0;
        int mutants = 0;
        byte[] disk = Write(0, 4, text);
        byte[] buffer = new byte[64];
        foreach (char instead in "0}{\"]9 ")
        {
            for (int at = 0; at < text.Length; at += 7)
            {
                WriteArea(disk, AreaStart, $"{text[..at]}{instead}{text[(at + 1)..]}");
                mutants++;
                foreach (VolumeNode node in Find(disk, other)[0].Walk().Where(node => node.Entry is not null && node.Problem is null))
                {
                    opened++;
                    try
                    {
                        node.Source.ReadAt(0, buffer);
                        node.Source.ReadAt(Math.Max(0, node.Source.Length - buffer.Length), buffer);
                    }
                    catch (ImageException)
                    {
                        continue;
                    }
                }
            }
        }

        Assert.That(opened, Is.GreaterThan(mutants / 4));
    }

    [Test]
    public void A_label_or_header_that_is_changed_anywhere_is_damaged()
    {
        string text = Text([2], Volume("root", (1, Linear("pv0", 0))));
        byte[] sound = Write(0, 2, text);
        foreach (int at in Enumerable.Range(512 + 8, 504).Concat(Enumerable.Range(AreaStart, 512)).Where(at => at is < 512 + 24 or >= 512 + 32))
        {
            byte[] disk = [.. sound];
            disk[at] ^= 0x10;
            Assert.That(Find(disk)[0].Problem, Is.InstanceOf<ImageException>(), $"byte {at}");
        }
    }

    [Test]
    public void Checks_find_damaged_copies_and_extents_that_are_shared_or_not_there()
    {
        string sound = Text([4], Volume("a", (2, Linear("pv0", 0))) + Volume("b", (2, Linear("pv0", 2))));
        Assert.That(Check(Write(0, 4, sound, sound)), Is.Empty);
        byte[] damaged = Write(0, 4, sound, sound);
        damaged[SecondAreaStart + 600] ^= 1;
        Assert.That(Check(damaged).Single(), Does.Contain($"0x{SecondAreaStart:X}").And.Contain("checksum"));
        Assert.That(Check(Write(0, 4, sound, Text([4], string.Empty, sequence: 2))).Single(), Does.Contain("description 2").And.Contain("the other copy 1"));
        string shared = Text([4], Volume("a", (2, Linear("pv0", 0))) + Volume("b", (2, Linear("pv0", 1))));
        Assert.That(Check(Write(0, 4, shared)).Single(), Does.Contain("volume b").And.Contain("those of a, too"));
        string outside = Text([4], Volume("a", (2, Linear("pv0", 3))));
        Assert.That(Check(Write(0, 4, outside)).Single(), Does.Contain("leave the physical volume, which has 4"));
        Assert.That(Check(Write(0, 3, sound)).Single(), Does.Contain("cut short"));
        byte[] label = Write(0, 4, sound);
        BinaryPrimitives.WriteInt32LittleEndian(label.AsSpan(512 + 100), 1);
        Assert.That(Check(label).Single(), Does.Contain("LVM label"));
        Assert.That(new LvmFormat().ChecksOf(new MemorySource(new byte[4096]), new SectorSizes()), Is.Empty);
    }

    private static List<string> Check(byte[] disk)
    {
        var findings = new List<string>();
        foreach (Check check in new LvmFormat().ChecksOf(new MemorySource(disk), new SectorSizes()))
        {
            check.Run!(new CheckRun(finding => findings.Add($"{finding}"), static _ => { }));
        }

        return findings;
    }

    private VolumeNode[] Find(params byte[][] disks)
    {
        var search = new VolumeSearch([new LvmFormat()], new OpenContext(new OptionList(), _warnings.Add));
        VolumeNode[] nodes = [.. disks.Select(disk => search.Add(new MemorySource(disk), new SectorSizes()))];
        search.Run();
        return nodes;
    }

    private Dictionary<string, VolumeNode> Open(params byte[][] disks) =>
        Find(disks).SelectMany(disk => disk.Walk()).Distinct().Where(node => node.Entry is not null).ToDictionary(node => node.Entry!.Name);

    // The disk that bytes lie on, as their own fill says, where, and how many.
    private static List<(int Disk, long Address, long Length)> Places(BlockSource source)
    {
        var places = new List<(int Disk, long Address, long Length)>();
        byte[] fill = new byte[sizeof(int)];
        for (long offset = 0; offset < source.Length;)
        {
            Assert.That(source.Descend(offset, long.MaxValue, 1000, out LocatedExtent extent), Is.True);
            long address = AddressOf(source, offset);
            source.ReadAt(offset, fill);
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(fill);
            places.Add(((int)(number >> 28), address, extent.Length));
            Assert.That(address, Is.EqualTo(DataStart + ((number >> 20 & 0xFF) * ExtentLength) + (number & 0xFFFFF)), "the bytes are those of their place");
            offset += extent.Length;
        }

        return places;
    }

    // A source in memory has its bytes itself: its own offset is the address.
    private static long AddressOf(BlockSource source, long offset) => source.Locate(offset, 1).Address;

    private static byte[] Read(VolumeNode node)
    {
        Assert.That(node.Problem, Is.Null);
        byte[] bytes = new byte[(int)node.Source.Length];
        node.Source.ReadAt(0, bytes);
        return bytes;
    }

    private static byte[] Extent(byte[] disk, int number) => disk[(DataStart + (number * ExtentLength))..(DataStart + ((number + 1) * ExtentLength))];
}
