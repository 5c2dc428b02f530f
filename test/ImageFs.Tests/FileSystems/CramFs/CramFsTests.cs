using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.CramFs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.CramFs;

/// <summary>cramfs, from structures made by hand in both byte orders: what is in them is shown, and what is wrong with them is told.</summary>
internal sealed class CramFsTests
{
    private const int Block = 4096;
    private const int Rounds = 250;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // Six blocks, of which the third is zeros, and a part of one.
    private static readonly byte[] s_data = Data();

    [Test]
    public void Blocks_of_every_kind_are_read([Values] bool isBigEndian, [Values(0, 512)] int start, [Values] Stored stored)
    {
        byte[] bytes = new CramFsImage(isBigEndian, start).Add("data", s_data, stored).Add("empty", []).Finish();
        FileSystem files = CramFsImage.Open(bytes);
        Assert.That(files.ReadFile("/data"), Is.EqualTo(s_data));
        Assert.That(files.ReadFile("/empty"), Is.Empty);
        NodeAttributes attributes = files.GetAttributes(PathLookup.Find(files, "/data"));
        Assert.That((attributes.Type, attributes.Permissions, attributes.Uid, attributes.Gid, attributes.Size), Is.EqualTo((NodeType.Regular, 0x1A4u, 1000u, 100u, (long)s_data.Length)));
        Assert.That(files.Describe().Find("byte-order"), Is.EqualTo(isBigEndian ? "big" : "little"));
        Assert.That(new CramFsFormat().Identify(new MemorySource(bytes)).Label, Is.EqualTo("a name"));
        Assert.That(Verify(files), Is.Empty);
    }

    [Test]
    public void Blocks_that_are_stored_as_they_are_lie_where_the_image_has_them()
    {
        var image = new CramFsImage(isBigEndian: false).Add("plain", s_data, Stored.Plain).Add("packed", s_data);
        byte[] bytes = image.Finish();
        FileSystem files = CramFsImage.Open(bytes);
        int first = image.Pointers["plain"] + (7 * 4);
        Assert.That(Kinds(files.OpenFile("/plain")), Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, 2 * Block, first), Extent.Hole(2 * Block, Block), Extent.Mapped(3 * Block, (3 * Block) + 100, first + (2 * Block)),
        ]));
        Assert.That(files.OpenFile("/packed").Map(0, 1, out _).Kind, Is.EqualTo(ExtentKind.Encoded));
    }

    [Test]
    public void Links_devices_and_names_are_shown()
    {
        string longest = new('n', 252);
        byte[] bytes = new CramFsImage(isBigEndian: true)
            .Add(longest, [1]).AddDevice("disk", 0x61B0, (8 << 8) | 3).AddDevice("pipe", 0x11A4, 0).Add("link", "target"u8.ToArray(), mode: 0xA1FF).Finish();
        FileSystem files = CramFsImage.Open(bytes);
        Assert.That(files.ReadDirectory("/").Select(entry => Encoding.UTF8.GetString(entry.Name)), Is.EquivalentTo((string[])[longest, "disk", "pipe", "link"]));
        NodeAttributes disk = files.GetAttributes(PathLookup.Find(files, "/disk"));
        Assert.That((disk.Type, disk.Device, disk.Size), Is.EqualTo((NodeType.BlockDevice, new DeviceNumber(8, 3), 0L)));
        Assert.That(files.ReadLink(PathLookup.Find(files, "/link", followLast: false)), Is.EqualTo("target"u8.ToArray()));
        Assert.That(files.TryLookup(files.Root, ".."u8, out NodeId parent) ? parent : default, Is.EqualTo(files.Root));
    }

    [TestCase(512)]
    [TestCase(4096)]
    [TestCase(16384)]
    [TestCase(65536)]
    public void The_size_of_blocks_is_found_by_trial_and_told_by_an_option(int blockSize)
    {
        byte[] data = new byte[200_000];
        new Random(3).NextBytes(data.AsSpan(0, 100_000));
        byte[] bytes = new CramFsImage(isBigEndian: false, blockSize: blockSize).Add("small", [1, 2, 3]).Add("large", data).Finish();
        FileSystem files = CramFsImage.Open(bytes);
        Assert.That(files.Describe().Find("block-size"), Is.EqualTo((long)blockSize));
        Assert.That(files.ReadFile("/large"), Is.EqualTo(data));
        Assert.That(CramFsImage.Open(bytes, $"blocksize={blockSize}").ReadFile("/large"), Is.EqualTo(data));
        Assert.That(() => CramFsImage.Open(bytes, "blocksize=1000"), Throws.TypeOf<OptionException>());
    }

    [Test]
    public void An_empty_volume_has_an_empty_root_directory()
    {
        FileSystem files = CramFsImage.Open(new CramFsImage(isBigEndian: false).Finish());
        Assert.That(files.ReadDirectory("/"), Is.Empty);
    }

    [Test]
    public void Features_that_are_not_known_are_refused_by_their_bits()
    {
        byte[] bytes = new CramFsImage(isBigEndian: false) { Flags = 0x5003 }.Finish();
        Assert.That(() => CramFsImage.Open(bytes), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("0x5000"));
    }

    [Test]
    public void A_pointer_that_cannot_be_fails_where_it_is_and_no_further()
    {
        var image = new CramFsImage(isBigEndian: false).Add("data", s_data);
        byte[] bytes = image.Finish();
        image.Write(bytes.AsSpan(image.Pointers["data"] + 4), 0x0FFF_FFFF);
        FileSystem files = CramFsImage.Open(bytes);
        BlockSource file = files.OpenFile("/data");
        byte[] block = new byte[Block];
        file.ReadAt(0, block);
        Assert.That(block.AsSpan().SequenceEqual(s_data.AsSpan(0, Block)));
        Assert.That(() => file.ReadAt(Block, block), Throws.TypeOf<InvalidImageException>().With.Message.Contains("cramfs inode").And.Message.Contains("block 1 of 4096"));
        file.ReadAt(5 * Block, block);
        Assert.That(block.AsSpan().SequenceEqual(s_data.AsSpan(5 * Block, Block)));
    }

    [Test]
    public void A_stream_that_is_damaged_or_too_long_is_an_error()
    {
        var image = new CramFsImage(isBigEndian: false).Add("first", s_data).Add("second", new byte[100_000]);
        byte[] bytes = image.Finish();
        bytes[image.Pointers["first"] + (7 * 4) + 20] ^= 0x55;
        BlockSource file = CramFsImage.Open(bytes, "blocksize=4096").OpenFile("/first");
        Assert.That(() => file.ReadAt(0, new byte[10]), Throws.TypeOf<InvalidImageException>().With.Message.Contains("no whole stream of zlib with 4096 bytes"));

        // The wrong size of blocks: a stream has more in it than there is room for.
        bytes = new CramFsImage(isBigEndian: false, blockSize: 16384).Add("data", [.. s_data, .. s_data]).Finish();
        Assert.That(() => CramFsImage.Open(bytes, "blocksize=4096").ReadFile("/data"), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_directory_that_contains_itself_or_leaves_the_volume_is_bounded()
    {
        var image = new CramFsImage(isBigEndian: false).Add("loop", [1], mode: 0x41ED).Add("file", s_data);
        byte[] bytes = image.Finish();

        // Its entries are those of the root.
        image.Write(bytes.AsSpan(image.Entries["loop"] + 4), (uint)(16 + 16));
        image.Write(bytes.AsSpan(image.Entries["loop"] + 8), 1 | (uint)(76 / 4 << 6));
        FileSystem files = CramFsImage.Open(bytes);
        Assert.That(PathLookup.Find(files, "/loop/loop/loop"), Is.EqualTo(PathLookup.Find(files, "/loop")));
        image.Write(bytes.AsSpan(image.Entries["loop"] + 4), 0xFF_FFFF);
        Assert.That(() => CramFsImage.Open(bytes).ReadDirectory("/loop"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("leave the file system"));
        Assert.That(CramFsImage.Open(bytes).ReadFile("/file"), Is.EqualTo(s_data));
    }

    [Test]
    public void Verify_adds_up_the_volume()
    {
        byte[] bytes = new CramFsImage(isBigEndian: true, start: 512).Add("data", s_data).Finish();
        bytes[600] ^= 1;
        Assert.That(Verify(CramFsImage.Open(bytes)).Single(), Does.Match("cramfs super block at 0x200: the checksum of the file system is 0x[0-9A-F]{8}, and it says 0x"));
    }

    [TestCase(1)]
    [TestCase(2)]
    public void A_changed_image_gives_errors_of_the_image_only(int seed)
    {
        byte[] sound = new CramFsImage(isBigEndian: seed == 2).Add("a", s_data).Add("b", s_data, Stored.Mixed).Add("link", "a"u8.ToArray(), mode: 0xA1FF).AddDevice("null", 0x21B6, 0x103).Finish();
        var random = new Random(seed);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = [.. sound];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                int at = random.Next(64, random.Next(3) == 0 ? sound.Length : 200);
                bytes[at] = random.Next(3) switch { 0 => 0xFF, 1 => (byte)(bytes[at] ^ (1 << random.Next(8))), _ => (byte)random.Next(256) };
            }

            tally.Next();
            var since = Stopwatch.StartNew();
            MutantWalk.Try(() =>
            {
                FileSystem files = CramFsImage.Open(bytes);
                tally.NoteOpened();
                MutantWalk.Run(files, tally);
            });
            Assert.That(since.Elapsed, Is.LessThan(s_limit), $"seed {seed}, round {round}");
        }

        tally.AssertShares(opened: 90, read: 50);
    }

    [Test]
    public void An_image_cut_short_anywhere_is_an_error_or_tells_of_it()
    {
        byte[] whole = new CramFsImage(isBigEndian: false).Add("a", s_data).Finish();
        for (int length = 0; length < whole.Length; length += (length / 32) + 1)
        {
            MutantWalk.Try(() => MutantWalk.Run(CramFsImage.Open(whole[..length]), new MutantTally()));
        }
    }

    private static List<Extent> Kinds(BlockSource file)
    {
        var found = new List<Extent>();
        for (long offset = 0; offset < file.Length; offset = found[^1].End)
        {
            found.Add(file.Map(offset, long.MaxValue, out _));
        }

        return found;
    }

    private static string[] Verify(FileSystem files)
    {
        var found = new List<string>();
        files.Checks.Structures.Single().Run!(new CheckRun(finding => found.Add($"{finding}"), static _ => { }));
        return [.. found];
    }

    private static byte[] Data()
    {
        byte[] data = new byte[(6 * Block) + 100];
        for (int i = 0; i < data.Length; i++)
        {
            data[i] = i / Block == 2 ? (byte)0 : unchecked((byte)((i * i / 7) + (i >> 8) + 1));
        }

        return data;
    }
}
