using System.Buffers.Binary;
using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Ext.Journal;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>
/// Journals that debugfs wrote: two transactions for the first block of a file, one for the second, which begins with the journal's
/// magic number, one for the third, which a later one revokes, and one for the fourth without a commit block.
/// </summary>
public sealed class JournalTests
{
    private const int Block = 1024;

    private static readonly string[] s_images = ["journal-plain", "journal-v2", "journal-v3"];

    private static byte[] Before => ExtImages.Text("before", 4 * Block);

    private static byte[] After =>
    [
        .. ExtImages.Text("first", Block), 0xC0, 0x3B, 0x39, 0x98, .. ExtImages.Text("escaped", Block - 4), .. Before[(2 * Block)..],
    ];

    [TestCaseSource(nameof(s_images))]
    public void What_was_committed_counts(string image) => Assert.That(ExtImages.Open(image).ReadFile("victim"), Is.EqualTo(After));

    [TestCaseSource(nameof(s_images))]
    public void Without_recovery_the_file_is_as_it_was(string image)
    {
        Assert.That(ExtImages.Open(image, "noload").ReadFile("victim"), Is.EqualTo(Before));
        Assert.That(ExtImages.Open(image, "norecovery").ReadFile("victim"), Is.EqualTo(Before));
    }

    [TestCaseSource(nameof(s_images))]
    public void A_recovered_file_lies_in_the_journal(string image)
    {
        BlockSource file = ExtImages.Open(image).Open("victim");
        Extent inFile = file.Map(0, Block, out BlockSource recovered);
        Extent inVolume = recovered.Map(inFile.Address, Block, out _);
        Assert.That(inVolume.Kind, Is.EqualTo(ExtentKind.Mapped));
        Assert.That(inVolume.Address, Is.Not.EqualTo(inFile.Address));
    }

    [Test]
    public void The_description_counts_what_was_recovered()
    {
        var facts = new Dictionary<string, object>(ExtImages.Open("journal-v3").Describe().Facts);
        Assert.That(facts["state"], Is.EqualTo("needs recovery"));
        Assert.That(facts["recovered-blocks"], Is.EqualTo(2));
    }

    [Test]
    public void A_copy_with_a_wrong_checksum_is_refused()
    {
        byte[] image = ExtImages.Read("journal-v3");
        BlockSource file = ExtImages.Open(image).Open("victim");
        Extent extent = file.Map(0, Block, out BlockSource recovered);
        image[recovered.Map(extent.Address, Block, out _).Address + 100] ^= 1;
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("noload"));
        Assert.That(ExtImages.Open(image, "noload").ReadFile("victim"), Is.EqualTo(Before));
    }

    [Test]
    public void A_transaction_whose_commit_block_is_not_there_ends_the_log()
    {
        byte[] image = ExtImages.Read("journal-plain");
        uint second = BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(BlockOfJournal(image, 0) + 0x18)) + 1;
        int commit = Enumerable.Range(1, 20).Select(i => BlockOfJournal(image, i)).First(address => IsBlock(image, address, JournalBlockType.Commit, second));
        image.AsSpan(commit, 4).Clear();
        Assert.That(ExtImages.Open(image).ReadFile("victim"), Is.EqualTo((byte[])[.. ExtImages.Text("lost", Block), .. Before[Block..]]));
    }

    [TestCase(0x28, 0x40u, TestName = "{m}(incompatible)")]
    [TestCase(0x2C, 0x1u, TestName = "{m}(read-only compatible)")]
    public void An_unknown_feature_of_the_journal_is_refused(int offset, uint features)
    {
        byte[] image = ExtImages.Read("journal-plain");
        Span<byte> journal = image.AsSpan(BlockOfJournal(image, 0));
        BinaryPrimitives.WriteUInt32BigEndian(journal[4..], (uint)JournalBlockType.SuperBlockV2);
        BinaryPrimitives.WriteUInt32BigEndian(journal[offset..], features);
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("noload"));
    }

    [Test]
    public void Fast_commits_are_refused()
    {
        byte[] image = ExtImages.Read("journal-plain");
        Span<byte> superBlock = image.AsSpan(BlockOfJournal(image, 0));
        uint blocks = BinaryPrimitives.ReadUInt32BigEndian(superBlock[0x10..]);
        BinaryPrimitives.WriteUInt32BigEndian(superBlock[4..], (uint)JournalBlockType.SuperBlockV2);
        BinaryPrimitives.WriteUInt32BigEndian(superBlock[0x28..], (uint)(JournalIncompatibleFeatures.FastCommit | JournalIncompatibleFeatures.Revoke));
        Assert.That(ExtImages.Open(image).ReadFile("victim"), Is.EqualTo(After), "none are there");

        Span<byte> head = image.AsSpan(BlockOfJournal(image, (int)blocks - 256 + 1));
        BinaryPrimitives.WriteUInt16LittleEndian(head, 9);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], FindEndSequence(image));
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("fast commits"));
    }

    [Test]
    public void An_external_journal_is_refused()
    {
        byte[] image = ExtImages.Read("journal-plain");
        image.AsSpan(SuperBlock.Address + 0xE0, 4).Clear();
        Assert.That(() => ExtImages.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("external"));
        Assert.That(ExtImages.Open(image, "noload").ReadFile("victim"), Is.EqualTo(Before));
    }

    [Test]
    public void A_log_that_never_ends_is_gone_through_once()
    {
        byte[] image = ExtImages.Read("journal-plain");
        int superBlock = BlockOfJournal(image, 0);
        uint blocks = BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(superBlock + 0x10));
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(superBlock + 0x18));
        for (int i = 1; i < blocks; i++)
        {
            Span<byte> block = image.AsSpan(BlockOfJournal(image, i), Block);
            BinaryPrimitives.WriteUInt32BigEndian(block, JournalBlock.MagicNumber);
            BinaryPrimitives.WriteUInt32BigEndian(block[4..], (uint)JournalBlockType.Revoke);
            BinaryPrimitives.WriteUInt32BigEndian(block[8..], sequence);
        }

        Assert.That(ExtImages.Open(image).ReadFile("victim"), Is.EqualTo(Before));
    }

    private static int BlockOfJournal(byte[] image, int number)
    {
        var volume = new ExtVolume(new MemoryBudget(), new MemorySource(image), new SuperBlock(image.AsSpan(SuperBlock.Address)));
        return (int)volume.OpenContents(volume.Inodes.Read(8)).Map((long)number * Block, Block, out _).Address;
    }

    private static uint FindEndSequence(byte[] image)
    {
        uint sequence = BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(BlockOfJournal(image, 0) + 0x18));
        for (int i = 1; i < 100; i++)
        {
            if (IsBlock(image, BlockOfJournal(image, i), JournalBlockType.Commit, sequence))
            {
                sequence++;
            }
        }

        return sequence;
    }

    private static bool IsBlock(byte[] image, long address, JournalBlockType type, uint sequence)
    {
        var block = new JournalBlock(image.AsSpan((int)address, Block));
        return block.Magic == JournalBlock.MagicNumber && block.Type == type && block.Sequence == sequence;
    }
}
