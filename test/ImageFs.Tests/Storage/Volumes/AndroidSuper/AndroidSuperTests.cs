using System.Buffers.Binary;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;
using ImageFs.Storage.Volumes.AndroidSuper;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Storage.Volumes.AndroidSuper;

/// <summary>Super partitions written by hand: where the bytes of logical partitions lie, both copies of all structures, and damage of each kind.</summary>
internal sealed class AndroidSuperTests
{
    private const int Length = 1 << 20;
    private const int KiB = 1024;
    private const int Rounds = 300;

    private readonly List<string> _warnings = [];
    private SuperImage _super = null!;

    [SetUp]
    public void Make()
    {
        _warnings.Clear();
        _super = new SuperImage(Length).Add("system_a", (64 * KiB, 0, 128 * KiB), (32 * KiB, -1, 0), (16 * KiB, 0, 64 * KiB)).Add("vendor_a", (4 * KiB, 0, 512 * KiB)).Add("system_b");
        new Random(5).NextBytes(_super.Bytes.AsSpan(SuperImage.FirstUsable));
        _super.Finish();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public void Partitions_are_where_their_extents_say(int minor)
    {
        _super.Minor = (ushort)minor;
        Dictionary<string, VolumeNode> volumes = Open(_super.Finish());
        Assert.That(volumes.Keys, Is.EqualTo((string[])["system_a", "vendor_a"]));
        byte[] expected = [.. Part(128, 64), .. new byte[32 * KiB], .. Part(64, 16)];
        BlockSource system = volumes["system_a"].Source;
        Assert.That(Read(system), Is.EqualTo(expected));
        Assert.That(Read(volumes["vendor_a"].Source), Is.EqualTo(Part(512, 4)));
        LocatedExtent extent = system.Locate((96 * KiB) + 5, 1000);
        Assert.That((extent.Address, extent.Length), Is.EqualTo(((64L * KiB) + 5, 1000L)), "the source in memory has them itself");
        Assert.That(system.Locate(64 * KiB, 1 << 20).Kind, Is.EqualTo(ExtentKind.Hole));
        Assert.That((volumes["system_a"].Entry!.Kind, volumes["system_a"].Entry!.Type), Is.EqualTo(("dm", "linear")));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void Second_copies_are_used_where_the_first_are_damaged()
    {
        _super.Bytes[4096 + 45] ^= 1;
        _super.Bytes[SuperImage.PlaceOf(0) + 300] ^= 1;
        Assert.That(Open(_super.Bytes).Keys, Is.EqualTo((string[])["system_a", "vendor_a"]));
        Assert.That(_warnings, Is.EqualTo((string[])
        [
            "super geometry at 0x1000: its checksum is wrong (liblp: metadata_format.h); the copy at 0x2000 is used",
            "super metadata at 0x3000: the checksum of its tables is wrong (liblp: metadata_format.h); the copy at 0x5000 is used",
        ]));
        Assert.That(Verify(_super.Bytes), Has.Length.EqualTo(2));
        _super.Bytes[4096] ^= 1;
        _super.Bytes[8192 + 48] ^= 1;
        Assert.That(Find(_super.Bytes)[0].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains("super geometry at 0x1000: it has no magic number"));
    }

    [Test]
    public void Another_slot_is_told_and_chosen_by_an_option()
    {
        _super.Add("product", 3, (8 * KiB, 0, 256 * KiB));
        _super.Put(SuperImage.PlaceOf(1));
        _super.Put(SuperImage.PlaceOf(1, copy: 1));
        Assert.That(Open(_super.Bytes).Keys, Is.EqualTo((string[])["system_a", "vendor_a"]));
        Assert.That(_warnings.Single(), Does.Contain("slot 1").And.Contain("super-slot=1"));
        Dictionary<string, VolumeNode> volumes = Open(_super.Bytes, "super-slot=1");
        Assert.That(volumes.Keys, Is.EqualTo((string[])["system_a", "vendor_a", "product_b"]), "with the slot's suffix");
        Assert.That(Read(volumes["product_b"].Source), Is.EqualTo(Part(256, 8)));
        Assert.That(() => Open(_super.Bytes, "super-slot=2"), Throws.TypeOf<OptionException>());
    }

    [Test]
    public void What_lies_on_another_device_wants_it()
    {
        _super.AddDevice("vendor", 256 * KiB).Add("odm", (4 * KiB, 0, 600 * KiB), (8 * KiB, 1, 128 * KiB)).Finish();
        Dictionary<string, VolumeNode> volumes = Open(_super.Bytes);
        Assert.That(volumes["odm"].Problem, Is.TypeOf<TruncatedImageException>().With.Message.Contains("super-device=vendor:FILE"));
        Assert.That(Read(volumes["vendor_a"].Source), Is.EqualTo(Part(512, 4)));
        Assert.That(_warnings.Single(), Does.Contain("missing block device vendor"));

        byte[] vendor = new byte[256 * KiB];
        new Random(6).NextBytes(vendor);
        OpenContext context = Context("super-device=vendor:other.img") with { OpenOther = path => path == "other.img" ? new MemorySource(vendor) : throw new InvalidOperationException(path) };
        volumes = Open(_super.Bytes, context);
        Assert.That(Read(volumes["odm"].Source), Is.EqualTo((byte[])[.. Part(600, 4), .. vendor.AsSpan(128 * KiB, 8 * KiB)]));
        Assert.That(() => Open(_super.Bytes, "super-device=odd:x"), Throws.TypeOf<OptionException>().With.Message.Contains("vendor"));
    }

    [Test]
    public void An_update_that_is_not_merged_is_told()
    {
        _super.Flags = 1;
        _super.Add("system_a-cow", (4 * KiB, 0, 700 * KiB)).Finish();
        VolumeNode disk = Find(_super.Bytes)[0];
        Assert.That(_warnings.Single(), Does.Contain("system_a-cow").And.Contain("system_a is shown without it"));
        ImageDescription said = disk.Set!.Describe()!;
        Assert.That(said.Find("virtual-ab"), Is.True);
        Assert.That(said.Children[^1].Find("partitions"), Is.EqualTo("system_a, vendor_a, system_b (empty), system_a-cow"));
    }

    [Test]
    public void Partitions_that_share_bytes_are_found_by_verify()
    {
        // The extent of vendor_a, the fourth, is put into the first of system_a.
        int extent = 256 + (3 * 52) + (3 * 24);
        for (int copy = 0; copy < 2; copy++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_super.Bytes.AsSpan(SuperImage.PlaceOf(0, copy) + extent + 12), 160 * KiB / SuperImage.Sector);
            _super.Sum(SuperImage.PlaceOf(0, copy));
        }

        Assert.That(Verify(_super.Bytes).Single(), Does.Contain("vendor_a and system_a share bytes at 0x28000 of super"));
    }

    [Test]
    public void Verify_finds_nothing_in_what_is_sound() => Assert.That(Verify(_super.Bytes), Is.Empty);

    [TestCase(80 + 4, 0x7FFFFFFF, "table 0 has 2147483647 entries")]
    [TestCase(80 + 8, 53, "entries of 53 bytes")]
    [TestCase(44, 0x7FFFFFFF, "its tables have 2147483647 bytes")]
    [TestCase(256 + 40, 5, "5 from number")]
    [TestCase(256 + 44, 100, "has 100 extents")]
    [TestCase(256 + 48, 1, "in group 1 of 1")]
    [TestCase(256 + (3 * 52) + 20, 1, "block device 1 of 1")]
    [TestCase(256 + (3 * 52) + 4, 0x7FFFFFFF, "more than any disk has")]
    public void Tables_that_cannot_be_are_refused(int offset, int value, string problem)
    {
        foreach (int place in (int[])[SuperImage.PlaceOf(0), SuperImage.PlaceOf(0, copy: 1)])
        {
            byte[] tables = [.. _super.Bytes.AsSpan(place, 4096)];
            BinaryPrimitives.WriteInt32LittleEndian(_super.Bytes.AsSpan(place + offset), value);
            if (offset != 44)
            {
                _super.Sum(place);
            }
            else
            {
                _super.Bytes.AsSpan(place + 12, 32).Clear();
                System.Security.Cryptography.SHA256.HashData(_super.Bytes.AsSpan(place, 256), _super.Bytes.AsSpan(place + 12));
            }
        }

        string expected = offset == 256 + 40 ? "from number 5 on" : problem;
        Assert.That(Find(_super.Bytes)[0].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains(expected));
    }

    [Test]
    public void An_extent_that_leaves_its_device_fails_alone()
    {
        _super.Add("far", (64 * KiB, 0, Length - (32 * KiB))).Finish();
        Dictionary<string, VolumeNode> volumes = Open(_super.Bytes);
        Assert.That(volumes["far"].Problem, Is.TypeOf<InvalidImageException>().With.Message.Contains("which ends at 0x100000"));
        Assert.That(volumes["vendor_a"].Problem, Is.Null);
    }

    [Test]
    public void Seven_Zip_unpacks_the_same()
    {
        using var folder = new DiskFolder();
        File.WriteAllBytes(folder["super.img"], _super.Bytes);
        folder.Run("7zz", ["x", "-tLP", "-oout", "super.img"]);
        foreach ((string name, VolumeNode volume) in Open(_super.Bytes))
        {
            Assert.That(File.ReadAllBytes(folder[$"out/{name}.img"]).AsSpan().SequenceEqual(Read(volume.Source)), name);
        }
    }

    [Test]
    public void File_systems_of_logical_partitions_are_shown_through_a_sparse_image()
    {
        byte[] ext = DiskImage.Read("ext/ext4.img");
        int half = ext.Length / 8192 * 4096;
        var super = new SuperImage((1 << 20) + (2 * ext.Length));
        int second = (512 << 10) + half;
        super.Add("system_a", (half, 0, second), (ext.Length - half, 0, 128 << 10)).Finish();
        ext.AsSpan(0, half).CopyTo(super.Bytes.AsSpan(second));
        ext.AsSpan(half).CopyTo(super.Bytes.AsSpan(128 << 10));
        using var folder = new DiskFolder();
        File.WriteAllBytes(folder["raw"], super.Bytes);
        folder.Run("img2simg", ["raw", "super.img"]);
        using ImageStack stack = ImageStack.Open(folder["super.img"], Context("part=system_a"));
        Assert.That(stack.OpenFileSystem().ReadFile("hello.txt"), Has.Length.EqualTo(20));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void A_changed_image_gives_errors_of_the_image_only(int seed)
    {
        byte[] sound = [.. _super.Bytes];
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            sound.AsSpan(0, SuperImage.FirstUsable).CopyTo(_super.Bytes);
            int place = SuperImage.PlaceOf(0);
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                int at = random.Next(8) == 0 ? 4096 + random.Next(52) : place + (random.Next(3) == 0 ? random.Next(44, 132) : 256 + random.Next(360));
                _super.Bytes[at] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)(_super.Bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            MutantWalk.Try(() => Resum(place));
            _super.Bytes.AsSpan(place, 4096).CopyTo(_super.Bytes.AsSpan(SuperImage.PlaceOf(0, copy: 1)));
            tally.Next();
            MutantWalk.Try(() =>
            {
                foreach (VolumeNode volume in Find(_super.Bytes).Where(node => node.Entry is not null && node.Problem is null))
                {
                    tally.NoteOpened();
                    MutantWalk.Try(() =>
                    {
                        volume.Source.ReadAt(volume.Source.Length / 2, new byte[100]);
                        tally.NoteRead();
                    });
                }
            });
            Verify(_super.Bytes);
        }

        tally.AssertShares(opened: 40, read: 40);
    }

    private void Resum(int place)
    {
        try
        {
            _super.Sum(place);
        }
        catch (ArgumentOutOfRangeException)
        {
            // Its lengths are what was changed.
        }
    }

    private byte[] Part(int start, int length) => _super.Bytes.AsSpan(start * KiB, length * KiB).ToArray();

    private static byte[] Read(BlockSource source)
    {
        byte[] bytes = new byte[source.Length];
        source.ReadAt(0, bytes);
        return bytes;
    }

    private OpenContext Context(string options) => OpenContext.Of(options, _warnings.Add);

    private Dictionary<string, VolumeNode> Open(byte[] bytes, string options = "") => Open(bytes, Context(options));

    private static Dictionary<string, VolumeNode> Open(byte[] bytes, OpenContext context) =>
        Find(bytes, context).Where(node => node.Entry is not null).ToDictionary(node => node.Entry!.Name);

    private VolumeNode[] Find(byte[] bytes) => Find(bytes, Context(string.Empty));

    private static VolumeNode[] Find(byte[] bytes, OpenContext context)
    {
        var search = new VolumeSearch([new AndroidSuperFormat()], context);
        VolumeNode disk = search.Add(new MemorySource(bytes), new SectorSizes(null, null));
        search.Run();
        return [.. disk.Walk()];
    }

    private static string[] Verify(byte[] bytes)
    {
        var found = new List<string>();
        foreach (Check check in new AndroidSuperFormat().ChecksOf(new MemorySource(bytes), new SectorSizes(null, null)))
        {
            check.Run!(new CheckRun(finding => found.Add($"{finding}"), static _ => { }));
        }

        return [.. found];
    }
}
