using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage.Checking;
using ImageFs.Tree;
using static ImageFs.Tests.FileSystems.Btrfs.HostileImage;

namespace ImageFs.Tests.FileSystems.Btrfs.Checks;

/// <summary>What verify finds in an image that was changed in one place, with right checksums after it; and nothing in those of the kernel.</summary>
internal sealed class BtrfsChecksTests
{
    private static IEnumerable<TestCaseData> Damages =>
    [
        Of("a name by index", "directories and links", "is not found by its hash",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.DirIndex, item => item[30] ^= 1)),
        Of("the index that an inode has", "directories and links", "at index",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.InodeRef && key.ObjectId != key.Offset, item => Put(item, 0, 9999, 8))),
        Of("what a name is of", "directories and links", "does not have its name",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, data) => key.Type == ItemType.DirItem && data[8] == 1, item => Put(item, 0, 300, 8))),
        Of("a link count", "directories and links", "link count is 77",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.InodeItem && key.ObjectId > 256, item => Put(item, 40, 77, 4))),
        Of("a directory's size", "directories and links", "its size is 12345",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.InodeItem, item => Put(item, 16, 12345, 8))),
        Of("nbytes", "directories and links", "its nbytes is",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, data) => key.Type == ItemType.InodeItem && data[53] >> 4 == 8, item => Put(item, 24, 4096 * 4097, 8))),
        Of("the place of a subvolume", "directories and links", "not told from the other side",
            editor => editor.ChangeItem(ObjectIds.RootTree, (key, _) => key.Type == ItemType.RootRef, item => Put(item, 8, 1234, 8))),
        Of("the name of an attribute", "trees", "the hash of name",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.XattrItem, item => item[32] ^= 1)),
        Of("the mode of an inode", "trees", "its mode is",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, _) => key.Type == ItemType.InodeItem && key.ObjectId > 256, item => Put(item, 52, 0x3FFF, 4))),
        Of("a count of references", "extents and references", "it counts 99 references",
            editor => editor.ChangeItem(ObjectIds.ExtentTree, (key, _) => key.Type is ItemType.ExtentItem or ItemType.MetadataItem, item => Put(item, 0, 99, 8))),
        Of("the tree that a node is said to be of", "extents and references", "not in the extent tree",
            editor => editor.ChangeItem(ObjectIds.ExtentTree, (key, data) => key.Type == ItemType.MetadataItem && data.Length > 24 && data[24] == 176, item => Put(item, 25, 4242, 8))),
        Of("the file that data is said to be of", "extents and references", "are of nothing",
            editor => editor.ChangeItem(ObjectIds.ExtentTree, (key, data) => key.Type == ItemType.ExtentItem && data.Length > 24 && data[24] == 178, item => Put(item, 33, 4242, 8))),
        Of("where a file's data lies", "extents and references", "not in the extent tree",
            editor => editor.ChangeItem(ObjectIds.FsTree, (key, data) => key.Type == ItemType.ExtentData && data[20] == 1 && data[16] == 0 && BitConverter.ToUInt64(data[21..]) > 0,
                item => Put(item, 21, BitConverter.ToUInt64(item[21..]) + 4096, 8))),
        Of("the use of a block group", "extents and references", "bytes in use",
            editor => editor.ChangeItem(ObjectIds.ExtentTree, (key, _) => key.Type == ItemType.BlockGroupItem, item => Put(item, 0, 12288, 8))),
        Of("the use that the super block counts", "extents and references", "it counts 1048576 bytes in use",
            editor => editor.ChangeSuper(super => Put(super, 0x78, 1 << 20, 8))),
        Of("the type of a block group", "chunks", "is not as its chunk",
            editor => editor.ChangeItem(ObjectIds.ExtentTree, (key, _) => key.Type == ItemType.BlockGroupItem, item => Put(item, 16, 0x21, 8))),
        Of("the length of a device extent", "chunks", "is no stripe",
            editor => editor.ChangeItem(ObjectIds.DeviceTree, (key, _) => key.Type == ItemType.DeviceExtent, item => Put(item, 24, 4096, 8))),
        Of("a free extent's length", "free-space tree", "neither used nor free",
            editor => editor.ChangeItemHeader(ObjectIds.FreeSpaceTree, (key, _) => key is { Type: ItemType.FreeSpaceExtent, Offset: > 4096 },
                item => Put(item, 9, TreeKey.Read(item).Offset - 4096, 8))),
        Of("a free extent that is longer", "free-space tree", "free space",
            editor => editor.ChangeItemHeader(ObjectIds.FreeSpaceTree, (key, _) => key is { Type: ItemType.FreeSpaceExtent, Offset: > 4096 },
                item => Put(item, 9, TreeKey.Read(item).Offset + 4096, 8))),
        Of("a checksum of data", "data checksums", "is wrong",
            editor => editor.ChangeItem(ObjectIds.ChecksumTree, (key, _) => key.Type == ItemType.ExtentChecksum, item => item[0] ^= 1)),
    ];

    [Test]
    public void An_image_that_the_kernel_wrote_is_sound([Values("small", "default", "xxhash", "sha256", "blake2", "old")] string name)
    {
        foreach ((string check, CheckRun run, List<Finding> findings) in Run(ImageEditor.Read(name)))
        {
            Assert.That(findings, Is.Empty, check);
            Assert.That(run.State, Is.EqualTo(name == "old" && check == "free-space tree" ? CheckState.Absent : CheckState.Done), check);
            Assert.That(run.State == CheckState.Absent || run.Extent.Length > 0, check);
        }
    }

    [TestCaseSource(nameof(Damages))]
    public void Damage_is_found_by_its_check(Action<ImageEditor> damage, string check, string problem)
    {
        ImageEditor editor = Edit();
        damage(editor);
        Assert.That(Findings(editor.Bytes, check), Has.Some.Contain(problem));
    }

    [Test]
    public void Each_copy_of_a_node_is_looked_at()
    {
        var editor = new ImageEditor(ImageEditor.Read("default"));
        byte[] node = editor.Node(editor.RootOf(ObjectIds.FsTree)).ToArray();
        int second = editor.Bytes.AsSpan(editor.RootOf(ObjectIds.FsTree) + node.Length).IndexOf(node) + editor.RootOf(ObjectIds.FsTree) + node.Length;
        editor.Bytes[second + 200] ^= 1;
        Assert.That(Findings(editor.Bytes, "trees"), Has.One.Contain("of 2: its checksum (crc32c) is wrong"));
    }

    [Test]
    public void What_is_not_checked_is_told_by_its_name() => Assert.That(
        ImageEditor.Open(ImageEditor.Read("small")).Checks.Structures.Where(check => check.Run is null).Select(check => check.Name), Does.Contain("quota groups"));

    private static TestCaseData Of(string what, string check, string problem, Action<ImageEditor> damage) =>
        new TestCaseData(damage, check, problem).SetName($"{{m}}({what})");

    private static List<string> Findings(byte[] image, string check) =>
        [.. Run(image).Single(done => done.Check == check).Findings.Select(finding => finding.ToString())];

    private static IEnumerable<(string Check, CheckRun Run, List<Finding> Findings)> Run(byte[] image)
    {
        FileSystem fileSystem = ImageEditor.Open(image);
        foreach (Check check in fileSystem.Checks.Structures)
        {
            if (check.Run is { } begin)
            {
                var findings = new List<Finding>();
                var run = new CheckRun(findings.Add, _ => { });
                run.Try(() => begin(run));
                yield return (check.Name, run, findings);
            }
        }
    }
}
