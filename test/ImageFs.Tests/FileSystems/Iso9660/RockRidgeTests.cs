using ImageFs.FileSystems.Iso9660;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Iso9660;

internal sealed class RockRidgeTests
{
    private const uint Regular = 0x81A4;
    private const uint Link = 0xA1FF;
    private const uint DirectoryMode = 0x41ED;

    private static byte[] File(string identifier, params byte[][] use) => IsoBytes.Record(identifier, 40, 10, use: use);

    private static FileSystem OpenRoot(params byte[][] records) => OpenRoot(new IsoImageBuilder(), "", records);

    private static FileSystem OpenRoot(IsoImageBuilder image, string options, params byte[][] records)
    {
        image.AddPrimary().AddRockRidgeRoot(records);
        return Iso9660Fixture.Open(image.BuildSparse(1000 * 2048), options);
    }

    [Test]
    public void Names_come_from_NM_in_parts()
    {
        FileSystem fs = OpenRoot(
            File("A.;1", IsoBytes.Nm("Long ", 1), IsoBytes.Nm("Näme", 1), IsoBytes.Nm(".txt")),
            File("B.;1", IsoBytes.Nm("", 2)),
            File("C.;1"),
            File("D.;1", IsoBytes.Nm("cut\0here")));
        Assert.That(fs.Names(), Is.EqualTo(new[] { "Long Näme.txt", "b", "c", "cut" }));
    }

    [Test]
    public void Attributes_come_from_PX()
    {
        FileSystem fs = OpenRoot(
            File("A.;1", IsoBytes.Px(Regular | 0x800, 2, 1000, 1001, 77)),
            File("B.;1", IsoBytes.Px(Regular | 0x800, 2, 1000, 1001, 77)),
            File("C.;1", IsoBytes.Px(Regular, 1, 0, 0, 77)));
        NodeAttributes attributes = fs.Attributes("a");
        Assert.Multiple(() =>
        {
            Assert.That(attributes.Type, Is.EqualTo(NodeType.Regular));
            Assert.That(attributes.Permissions, Is.EqualTo(0x9A4));
            Assert.That(attributes.LinkCount, Is.EqualTo(2));
            Assert.That(attributes.Uid, Is.EqualTo(1000));
            Assert.That(attributes.Gid, Is.EqualTo(1001));
            Assert.That(fs.Attributes("b").Inode, Is.EqualTo(attributes.Inode), "hard links are one file");
            Assert.That(fs.Find("b"), Is.Not.EqualTo(fs.Find("a")));
            Assert.That(fs.Attributes("c").Inode, Is.EqualTo(fs.Find("c").Value >> 5), "no link, no serial number");
            Assert.That(
                fs.List(fs.Root).Select(entry => entry.Inode),
                Is.EqualTo(fs.List(fs.Root).Select(entry => fs.GetAttributes(entry.Node).Inode)),
                "a directory tells the same numbers");
        });
    }

    [TestCase("", 0x1A4u, 5u, 6u)]
    [TestCase("uid=7,gid=8", 0x1A4u, 7u, 8u)]
    [TestCase("mode=0600", 0x1A4u, 5u, 6u)]
    [TestCase("mode=0600,overriderockperm", 0x180u, 5u, 6u)]
    [TestCase("norock", 0x16Du, 0u, 0u)]
    [TestCase("norock,mode=4640", 0x1A0u, 0u, 0u)]
    public void Options_override_attributes(string options, uint permissions, uint uid, uint gid)
    {
        FileSystem fs = OpenRoot(new IsoImageBuilder(), options, File("A.;1", IsoBytes.Px(Regular, 1, 5, 6)));
        NodeAttributes attributes = fs.Attributes("a");
        Assert.That((attributes.Permissions, attributes.Uid, attributes.Gid), Is.EqualTo((permissions, uid, gid)));
    }

    [Test]
    public void Entry_types_are_those_of_the_nodes()
    {
        FileSystem fs = OpenRoot(
            File("A.;1", IsoBytes.Px(0x1180)),
            File("B.;1", IsoBytes.Px(0x2180), IsoBytes.Pn(4, 64)),
            File("C.;1", IsoBytes.Px(0x6180), IsoBytes.Pn(0, 0x0801)),
            File("D.;1", IsoBytes.Px(Link), IsoBytes.Sl(0, IsoBytes.Component("x"))),
            File("E.;1", IsoBytes.Px(0xC180)),
            File("F.;1", IsoBytes.Px(Regular)));
        NodeType[] types =
        [
            NodeType.Fifo, NodeType.CharacterDevice, NodeType.BlockDevice, NodeType.SymbolicLink, NodeType.Socket, NodeType.Regular,
        ];
        Assert.Multiple(() =>
        {
            Assert.That(fs.List(fs.Root).Skip(2).Select(entry => entry.Type), Is.EqualTo(types));
            Assert.That(fs.List(fs.Root).Skip(2).Select(entry => fs.GetAttributes(entry.Node).Type), Is.EqualTo(types));
            Assert.That(fs.Attributes("b").Device, Is.EqualTo(new DeviceNumber(4, 64)));
            Assert.That(fs.Attributes("c").Device, Is.EqualTo(new DeviceNumber(8, 1)));
        });
    }

    [Test]
    public void A_mode_without_a_type_is_damage()
    {
        FileSystem fs = OpenRoot(File("A.;1", IsoBytes.Px(0x01A4)), File("B.;1", IsoBytes.Px(DirectoryMode)), File("C.;1"));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "c" }));
            Assert.That(() => fs.Has("a"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("RRIP 4.1.1"));
        });
    }

    [Test]
    public void Link_targets_are_put_together_as_Linux_does()
    {
        byte[] root = [8, 0];
        byte[] up = [4, 0];
        byte[] here = [2, 0];
        byte[] nothing = [0, 0];
        FileSystem fs = OpenRoot(
            File("A.;1", IsoBytes.Px(Link), IsoBytes.Sl(0, [.. root, .. IsoBytes.Component("usr"), .. IsoBytes.Component("lib")])),
            File("B.;1", IsoBytes.Px(Link), IsoBytes.Sl(0, [.. up, .. here, .. IsoBytes.Component("x")])),
            File("C.;1", IsoBytes.Px(Link), IsoBytes.Sl(1, IsoBytes.Component("on", 1)), IsoBytes.Sl(0, IsoBytes.Component("ward"))),
            File("D.;1", IsoBytes.Px(Link), IsoBytes.Sl(1, IsoBytes.Component("a")), IsoBytes.Sl(0, IsoBytes.Component("b"))),
            File("E.;1", IsoBytes.Px(Link), IsoBytes.Sl(0, [.. IsoBytes.Component("a"), .. nothing, .. IsoBytes.Component("b")])),
            File("F.;1", IsoBytes.Px(Link), IsoBytes.Sl(0, 0, 9, (byte)'x')),
            File("G.;1", IsoBytes.Px(Link)));
        Assert.Multiple(() =>
        {
            Assert.That(fs.ReadLink("a"), Is.EqualTo("/usr/lib"));
            Assert.That(fs.Attributes("a").Size, Is.EqualTo(8));
            Assert.That(fs.ReadLink("b"), Is.EqualTo(".././x"));
            Assert.That(fs.ReadLink("c"), Is.EqualTo("onward"));
            Assert.That(fs.ReadLink("d"), Is.EqualTo("a/b"));
            Assert.That(fs.ReadLink("e"), Is.EqualTo("a//b"));
            Assert.That(fs.Has("f"), "its name is sound");
            Assert.That(() => fs.ReadLink("f"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("RRIP 4.1.3"));
            Assert.That(() => fs.ReadLink("g"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("RRIP 4.1.3"));
        });
    }

    [Test]
    public void A_target_ends_where_Linux_can_read_no_more()
    {
        var image = new IsoImageBuilder();
        byte[][] parts = [.. Enumerable.Range(0, 21).Select(_ => IsoBytes.Sl(1, IsoBytes.Component(new string('x', 200), 1)))];
        byte[] area = [.. parts.SelectMany(part => part)];
        image.WriteAt(50 * 2048, area);
        FileSystem fs = OpenRoot(image, "", File("A.;1", IsoBytes.Px(Link), IsoBytes.Ce(50, 0, (uint)area.Length)));
        Assert.That(() => fs.ReadLink("a"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("4095"));
    }

    // Behind the directory, and in front of it.
    [TestCase(50u, 51u)]
    [TestCase(5u, 3u)]
    public void Continuation_areas_are_followed(uint firstBlock, uint secondBlock)
    {
        var image = new IsoImageBuilder();
        byte[] second = IsoBytes.Nm("-end");
        byte[] first = [.. IsoBytes.Nm("middle", 1), .. IsoBytes.Ce(secondBlock, 100, (uint)second.Length), .. IsoBytes.Entry("ST"), 1, 2, 3, 4];
        image.WriteAt(((int)firstBlock * 2048) + 7, first);
        image.WriteAt(((int)secondBlock * 2048) + 100, second);
        FileSystem fs = OpenRoot(image, "", File("A.;1", IsoBytes.Nm("start-", 1), IsoBytes.Ce(firstBlock, 7, (uint)first.Length)));
        Assert.That(fs.Names(), Is.EqualTo(new[] { "start-middle-end" }));
    }

    [Test]
    public void A_loop_of_continuation_areas_ends()
    {
        var image = new IsoImageBuilder();
        image.WriteAt(50 * 2048, IsoBytes.Ce(50, 0, 28));
        FileSystem fs = OpenRoot(
            image,
            "",
            File("A.;1", IsoBytes.Ce(50, 0, 28)),
            File("B.;1"),
            File("C.;1", IsoBytes.Ce(50, 5000, 28)),
            File("D.;1", IsoBytes.Ce(50, 0, 99999)));
        List<Iso9660Fixture.ListedEntry> all = fs.List(fs.Root);
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "b" }));
            Assert.That(
                () => fs.List(fs.Root, all[^1].NextPosition), Throws.TypeOf<InvalidImageException>().With.Message.Contains("SUSP 5.1"));
        });
    }

    [Test]
    public void An_entry_of_impossible_length_takes_the_name_away_as_in_Linux()
    {
        FileSystem fs = OpenRoot(
            File("A.;1", IsoBytes.Nm("alpha"), [(byte)'X', (byte)'X', 0, 1]),
            File("B.;1", IsoBytes.Px(Regular), IsoBytes.Nm("beta"), [(byte)'X', (byte)'X', 99, 1]));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "a", "b" }));
            Assert.That(fs.Attributes("b").Permissions, Is.EqualTo(0x1A4), "what came before counts");
        });
    }

    [Test]
    public void Relocated_directories_are_where_they_belong()
    {
        var image = new IsoImageBuilder();
        image.AddDirectory(41, image.Root, [IsoBytes.Px(DirectoryMode)], File("CHILD", IsoBytes.Nm("child"), IsoBytes.Cl(43)));
        image.AddDirectory(
            42,
            image.Root,
            null,
            IsoBytes.Record("CHILD", 43, 2048, FileFlags.Directory, [IsoBytes.Nm("child"), IsoBytes.Re()]));
        image.AddDirectory(43, 42, [IsoBytes.Px(DirectoryMode | 0x200, 3)], [IsoBytes.Pl(41)], [File("F.;1")]);
        FileSystem fs = OpenRoot(
            image,
            "",
            IsoBytes.Record("D", 41, 2048, FileFlags.Directory, [IsoBytes.Nm("d")]),
            IsoBytes.Record("RR_MOVED", 42, 2048, FileFlags.Directory, [IsoBytes.Nm("rr_moved")]));

        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(fs.Find("rr_moved")), Is.Empty);
            Assert.That(() => fs.Find("rr_moved/child"), Throws.TypeOf<AssertionException>());
            Assert.That(fs.List(fs.Find("d"))[2].Type, Is.EqualTo(NodeType.Directory));
            Assert.That(fs.Attributes("d/child").LinkCount, Is.EqualTo(3));
            Assert.That(fs.Find("d/child").Value, Is.EqualTo(43 * 2048));
            Assert.That(fs.Find("d/child/.."), Is.EqualTo(fs.Find("d")));
            Assert.That(fs.Has("d"));
            Assert.That(fs.Find("d/child/f"), Is.Not.Default);
        });
    }

    [Test]
    public void A_relocation_that_leads_to_a_relocation_is_damage()
    {
        var image = new IsoImageBuilder();
        image.AddDirectory(43, 32, [IsoBytes.Cl(43)]);
        FileSystem fs = OpenRoot(image, "", File("LOOP", IsoBytes.Cl(43)), File("FILE", IsoBytes.Cl(44)));
        image.AddDirectory(44, 32, null);
        Assert.Multiple(() =>
        {
            Assert.That(() => fs.Attributes("loop"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("RRIP 4.1.5.1"));
            Assert.That(() => fs.List(fs.Find("file")), Throws.TypeOf<InvalidImageException>());
        });
    }

    [Test]
    public void Time_stamps_have_two_forms()
    {
        byte[] shortForm = IsoBytes.Entry("TF", [0x0E, 70, 1, 1, 0, 0, 1, 0, 70, 1, 1, 0, 0, 2, 0, 70, 1, 1, 0, 0, 3, 0]);
        byte[] longForm = IsoBytes.Entry("TF", [0x8F, .. Stamp(1), .. Stamp(2), .. Stamp(3), .. Stamp(4)]);
        byte[] creation = IsoBytes.Entry("TF", [0x01, 70, 1, 1, 0, 0, 9, 0xFC]);
        byte[] tooShort = IsoBytes.Entry("TF", [0x03, 70, 1, 1, 0, 0, 9, 0]);
        FileSystem fs = OpenRoot(File("A.;1", shortForm), File("B.;1", longForm), File("C.;1", creation), File("D.;1", tooShort));
        NodeAttributes a = fs.Attributes("a");
        NodeAttributes b = fs.Attributes("b");
        NodeAttributes c = fs.Attributes("c");
        Assert.Multiple(() =>
        {
            Assert.That((a.ModifyTime.Seconds, a.AccessTime.Seconds, a.ChangeTime.Seconds), Is.EqualTo((1, 2, 3)));
            Assert.That(a.BirthTime, Is.Null);
            Assert.That(b.BirthTime, Is.EqualTo(new Timestamp(1 - 3600, 250_000_000)));
            Assert.That(b.ModifyTime, Is.EqualTo(new Timestamp(2 - 3600, 250_000_000)));
            Assert.That(b.AccessTime, Is.EqualTo(new Timestamp(3 - 3600, 250_000_000)));
            Assert.That(b.ChangeTime, Is.EqualTo(new Timestamp(4 - 3600, 250_000_000)));
            Assert.That(c.BirthTime, Is.EqualTo(new Timestamp(9 + 3600)), "four quarter hours behind Greenwich");
            Assert.That(c.ChangeTime, Is.EqualTo(c.BirthTime));
            Assert.That(c.ModifyTime.Seconds, Is.EqualTo(IsoBytes.TimeSeconds));
            Assert.That(fs.Attributes("d").ModifyTime.Seconds, Is.EqualTo(IsoBytes.TimeSeconds));
            Assert.That(fs.HasBirthTimes);
        });

        static byte[] Stamp(int second) => [.. System.Text.Encoding.ASCII.GetBytes($"19700101{0:000000}"[..13] + $"{second}25"), 4];
    }

    [Test]
    public void Sparse_files_show_their_size_and_are_not_read()
    {
        byte[] sparse = IsoBytes.Entry("SF", [.. IsoBytes.Both32(2), .. IsoBytes.Both32(5), 3]);
        FileSystem fs = OpenRoot(File("A.;1", IsoBytes.Px(Regular), sparse));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Attributes("a").Size, Is.EqualTo((2L << 32) + 5));
            Assert.That(() => fs.OpenFile(fs.Find("a")), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("RRIP 4.1.7"));
        });
    }

    [Test]
    public void Bytes_in_front_of_the_entries_are_skipped()
    {
        IsoImageBuilder image = new IsoImageBuilder().AddPrimary();
        byte[] attributes = [0, 0, 0, 0, 0x0D, 0x55, (byte)'X', (byte)'A', 0, 0, 0, 0, 0, 0];
        image.AddDirectory(
            image.Root,
            image.Root,
            [attributes, IsoBytes.Sp(14), IsoBytes.Px(DirectoryMode), IsoBytes.Er()],
            File("A.;1", attributes, IsoBytes.Nm("Alpha")));
        FileSystem fs = Iso9660Fixture.Open(image.Build());
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "Alpha" }));
            Assert.That(fs.GetAttributes(fs.Root).Permissions, Is.EqualTo(0x1ED));
        });
    }

    [TestCase("PX", 10, "RRIP 4.1.1")]
    [TestCase("NM", 0, "RRIP 4.1.4")]
    [TestCase("CL", 7, "RRIP 4.1.5")]
    [TestCase("CE", 23, "SUSP 5.1")]
    public void An_entry_that_is_too_short_is_damage(string signature, int length, string clause)
    {
        FileSystem fs = OpenRoot(File("A.;1", IsoBytes.Entry(signature, new byte[length])), File("B.;1"));
        Assert.Multiple(() =>
        {
            Assert.That(fs.Names(), Is.EqualTo(new[] { "b" }));
            Assert.That(() => fs.Has("a"), Throws.TypeOf<InvalidImageException>().With.Message.Contains(clause));
        });
    }
}
