using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.FileSystems.Ext.Journal;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>Each view takes what is as long as its structure, and nothing shorter.</summary>
public sealed class ViewsTests
{
    private delegate void Make(ReadOnlySpan<byte> bytes);

    private static IEnumerable<TestCaseData> Views =>
    [
        View(nameof(SuperBlock), SuperBlock.Size, bytes => _ = new SuperBlock(bytes)),
        View(nameof(GroupDescriptor), GroupDescriptor.MinSize, bytes => _ = new GroupDescriptor(bytes)),
        View(nameof(Inode), Inode.GoodOldSize, bytes => _ = new Inode(bytes, 1, 0)),
        View(nameof(ExtentHeader), ExtentHeader.Size, bytes => _ = new ExtentHeader(bytes)),
        View(nameof(ExtentIndex), ExtentIndex.Size, bytes => _ = new ExtentIndex(bytes)),
        View(nameof(ExtentLeaf), ExtentLeaf.Size, bytes => _ = new ExtentLeaf(bytes)),
        View(nameof(ExtentNode), ExtentHeader.Size, bytes => _ = new ExtentNode(bytes)),
        View(nameof(DirEntry), DirEntry.HeaderSize, bytes => _ = new DirEntry(bytes)),
        View(nameof(HashTreeRoot), HashTreeRoot.EntriesOffset, bytes => _ = new HashTreeRoot(bytes)),
        View(nameof(HashTreeNode), HashTreeNode.EntrySize, bytes => _ = new HashTreeNode(bytes, 0)),
        View(nameof(ExtendedAttributeEntry), ExtendedAttributeEntry.HeaderSize, bytes => _ = new ExtendedAttributeEntry(bytes)),
        View(nameof(ExtendedAttributeBlock), ExtendedAttributeBlock.Size, bytes => _ = new ExtendedAttributeBlock(bytes)),
        View(nameof(JournalSuperBlock), JournalSuperBlock.Size, bytes => _ = new JournalSuperBlock(bytes)),
        View(nameof(JournalBlock), JournalSuperBlock.Size, bytes => _ = new JournalBlock(bytes)),
        View(nameof(JournalTag), 8, bytes => _ = new JournalTag(bytes, JournalIncompatibleFeatures.None)),
        View(nameof(JournalTag) + "V3", 16, bytes => _ = new JournalTag(bytes, JournalIncompatibleFeatures.ChecksumV3)),
    ];

    [TestCaseSource(nameof(Views))]
    public void A_view_refuses_what_is_too_short(int size, Delegate make)
    {
        var view = (Make)make;
        view(new byte[size]);
        for (int length = 0; length < size; length++)
        {
            Assert.That(() => view(new byte[length]), Throws.InstanceOf<ArgumentOutOfRangeException>(), $"{length} bytes");
        }
    }

    [Test]
    public void A_super_block_tells_what_mke2fs_wrote()
    {
        var superBlock = new SuperBlock(ExtImages.Read("ext4").AsSpan(SuperBlock.Address));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(superBlock.FindProblem(), Is.Null);
            Assert.That(superBlock.BlocksCount, Is.EqualTo(3072));
            Assert.That(superBlock.InodesCount, Is.EqualTo(128));
            Assert.That(superBlock.FirstDataBlock, Is.EqualTo(1));
            Assert.That(superBlock.LogBlockSize, Is.Zero);
            Assert.That(superBlock.InodeSize, Is.EqualTo(256));
            Assert.That(superBlock.FirstInode, Is.EqualTo(11));
            Assert.That(superBlock.DescriptorSize, Is.EqualTo(64));
            Assert.That(superBlock.JournalInode, Is.EqualTo(8));
            Assert.That(superBlock.Checksum, Is.EqualTo(superBlock.ActualChecksum));
            Assert.That(superBlock.VolumeName.SequenceEqual("ext4"u8), Is.True);
            Assert.That(superBlock.LastMounted.SequenceEqual("/mnt/ext4"u8), Is.True);
            Assert.That(superBlock.MakeTime, Is.EqualTo(1709210096));
        }
    }

    [TestCase(0, 1024, ExpectedResult = 0)]
    [TestCase(4092, 4096, ExpectedResult = 4092)]
    [TestCase(0, 65536, ExpectedResult = 65536)]
    [TestCase(0xFFFF, 65536, ExpectedResult = 65536)]
    [TestCase(0xFFF0, 65536, ExpectedResult = 0xFFF0)]
    public int A_record_length_of_a_whole_block_of_64_KiB_does_not_fit(int raw, int blockSize) =>
        new DirEntry([0, 0, 0, 0, (byte)(raw & 0xFF), (byte)(raw >> 8), 0, 0]).Length(blockSize);

    [Test]
    public void An_extent_is_unwritten_from_32769_blocks_on()
    {
        var written = new ExtentLeaf([1, 0, 0, 0, 0x00, 0x80, 2, 0, 3, 0, 0, 0]);
        var unwritten = new ExtentLeaf([1, 0, 0, 0, 0x01, 0x80, 2, 0, 3, 0, 0, 0]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((written.IsUnwritten, written.Length, written.Start), Is.EqualTo((false, 32768u, 0x2_0000_0003ul)));
            Assert.That((unwritten.IsUnwritten, unwritten.Length, unwritten.End), Is.EqualTo((true, 1u, 2L)));
        }
    }

    private static TestCaseData View(string name, int size, Make make) => new TestCaseData(size, make).SetName($"{{m}}({name})");
}
