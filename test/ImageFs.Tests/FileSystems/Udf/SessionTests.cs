using ImageFs.FileSystems;
using ImageFs.FileSystems.Udf;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Iso9660;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Udf;

/// <summary>Sessions of a disc with UDF that no table lists.</summary>
internal sealed class SessionTests
{
    private const uint First = 12_000;
    private const int Block = 2048;

    [TestCase("")]
    [TestCase("shift=12000")]
    public void A_session_that_is_an_image_of_its_own_is_read_by_its_anchor(string options)
    {
        MemorySource image = Session();
        Assert.That(new UdfFormat().Probe(image));
        FileSystem fs = UdfImage.Open(image, options);
        Assert.That(fs.ReadAll("file"), Has.Length.EqualTo(Block + 10));
        Assert.That(fs.Describe().Find("first-sector"), Is.EqualTo(First));
        Assert.That(fs.Describe().Find("sessions"), Is.EqualTo(1));
    }

    [Test]
    public void Behind_empty_blocks_it_is_recognised_by_session_alone()
    {
        var padded = new ConcatenatedSource([new SparseSource(First * (long)Block), Session(), new SparseSource(500 * Block)]);
        Assert.That(new UdfFormat().Probe(padded), Is.False);
        Assert.That(FileSystemFormats.RecogniseAt(padded, OptionList.Parse("session=12000"))?.Name, Is.EqualTo("udf"));
        Assert.That(UdfImage.Open(padded, "session=12000").Names(), Does.Contain("file"));
    }

    [Test]
    public void The_sessions_of_a_plain_volume_are_one([Values] PartitionKind kind)
    {
        UdfImage image = new UdfImage(kind).AddAll();
        Assert.That(image.Open().Describe().Find("sessions"), Is.EqualTo(1));
    }

    [TestCase(0x0150)]
    [TestCase(0x0201)]
    public void The_tables_of_a_VAT_disc_lead_back_to_its_sessions(int revision)
    {
        UdfImage image = new UdfImage(PartitionKind.Virtual, revision: revision).AddAll();
        foreach (uint sequence in (uint[])[UdfImage.MainSequence, UdfImage.ReserveSequence])
        {
            image.WriteVolume(sequence + 1, UdfImage.PartitionDescriptor(sequence + 1, 1, 0, UdfImage.Partition, UdfImage.Blocks + 1000 - UdfImage.Partition));
        }

        byte[] first = image.Bytes;

        // A gap, a recognition sequence, and the table again, which names the one before.
        byte[] disc = new byte[(UdfImage.Blocks + 1000) * Block];
        first.CopyTo(disc, 0);
        uint start = UdfImage.Blocks + 300;
        first.AsSpan(32768, 3 * Block).CopyTo(disc.AsSpan(((int)start * Block) + 32768));
        uint last = (uint)(disc.Length / Block) - 1;
        byte[] table = image.Table(last, UdfImage.Blocks - 1 - UdfImage.Partition);
        table.CopyTo(disc, last * (long)Block);

        FileSystem fs = UdfImage.Open(new MemorySource(disc));
        Assert.That(fs.ReadAll("file"), Has.Length.EqualTo(Block + 10));
        Assert.That(fs.Describe().Find("sessions"), Is.EqualTo(2));

        disc.AsSpan(((int)start * Block) + 32768, 3 * Block).Clear();
        Assert.That(UdfImage.Open(new MemorySource(disc)).Describe().Find("sessions"), Is.EqualTo(1), "a table was added, and no session");
    }

    // What has the place of a block of the volume has it of the disc; blocks of the partition stay as they are.
    private static MemorySource Session()
    {
        UdfImage image = new UdfImage().AddAll();
        byte[] bytes = image.Bytes;
        for (uint block = 0; block < UdfImage.Blocks; block++)
        {
            Span<byte> descriptor = bytes.AsSpan((int)block * Block, Block);
            var tag = new DescriptorTag(descriptor);
            if (tag.IsBlank || tag.FindProblem() is not null || (uint)tag.Identifier > (uint)TagIdentifier.LogicalVolumeIntegrityDescriptor)
            {
                continue;
            }

            foreach (int place in FindPlaces(tag.Identifier))
            {
                uint location = descriptor.ToArray().ReadU32(place);
                UdfBytes.U32(location + First).CopyTo(descriptor[place..]);
            }

            byte[] whole = descriptor.ToArray();
            int length = BitConverter.ToUInt16(whole, 10) + DescriptorTag.Length;
            UdfBytes.Seal(whole[..length], tag.Identifier, block + First).CopyTo(descriptor);
        }

        return new MemorySource(bytes);
    }

    // Fields with a block of the volume.
    private static int[] FindPlaces(TagIdentifier identifier) => identifier switch
    {
        TagIdentifier.AnchorVolumeDescriptorPointer => [20, 28],
        TagIdentifier.PartitionDescriptor => [188],
        TagIdentifier.LogicalVolumeDescriptor => [436],
        _ => [],
    };
}
