using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.PersistentData;
using ImageFs.Storage.Volumes.Lvm.Thin;
using ImageFs.Tests.Storage.Containers;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Thin volumes whose metadata thin_restore wrote.</summary>
internal sealed class ThinTests
{
    private const int Block = ThinImage.BlockSize;

    private DiskFolder _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = new DiskFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void A_volume_has_its_blocks_where_they_were_written_and_zeros_elsewhere()
    {
        byte[] data = _folder.WriteSource(20 * Block);
        ThinImage image = Small();
        ThinPool pool = ThinImage.Open(image.Write(_folder, 20), new MemorySource(data));
        foreach (long device in (long[])[1, 2, 7])
        {
            const int Length = (12 * Block) - 1000;
            DiskAssert.Holds(pool.OpenVolume(device, Length, null), Expected(image, device, data, new byte[Length]));
        }

        Assert.That(pool.TransactionId, Is.EqualTo(5));
        Assert.That(pool.NeedsCheck, Is.False);
        Assert.That(pool.BlockSize, Is.EqualTo(Block));
    }

    [Test]
    public void Blocks_that_follow_one_another_are_one_extent_and_the_others_are_holes()
    {
        ThinPool pool = ThinImage.Open(Small().Write(_folder, 20), Nothing(20));
        Assert.That(
            DiskAssert.MapWhole(pool.OpenVolume(1, 12 * Block, null)),
            Is.EqualTo((Extent[])[Extent.Mapped(0, 4 * Block, 10 * Block), Extent.Hole(4 * Block, 3 * Block), Extent.Mapped(7 * Block, Block, 19 * Block), Extent.Hole(8 * Block, Block), Extent.Mapped(9 * Block, Block, 3 * Block), Extent.Hole(10 * Block, 2 * Block)]));
    }

    [Test]
    public void Blocks_that_a_volume_has_none_of_are_those_of_its_external_origin()
    {
        byte[] data = _folder.WriteSource(20 * Block);
        byte[] origin = _folder.WriteSource((6 * Block) - 512, seed: 2);
        ThinImage image = Small();
        ThinPool pool = ThinImage.Open(image.Write(_folder, 20), new MemorySource(data));
        byte[] expected = new byte[12 * Block];
        origin.CopyTo(expected, 0);
        DiskAssert.Holds(pool.OpenVolume(1, expected.Length, new MemorySource(origin)), Expected(image, 1, data, expected));
    }

    [Test]
    public void A_tree_of_several_levels_is_searched_to_its_leaves()
    {
        const int Blocks = 100_000;
        var random = new Random(3);
        var image = new ThinImage();
        for (int i = 0; i < 40_000; i++)
        {
            int block = random.Next(Blocks);
            image[3][block] = random.Next(4) == 0 ? random.Next(Blocks) : block;
        }

        BlockSource volume = ThinImage.Open(image.Write(_folder, Blocks, 4 << 20), Nothing(Blocks)).OpenVolume(3, (long)Blocks * Block, null);
        var expected = new ExtentMapBuilder();
        foreach ((long block, long place) in image[3])
        {
            expected.PadTo(block * Block).AppendMapped(Block, place * Block);
        }

        Assert.That(DiskAssert.MapWhole(volume), Is.EqualTo(expected.Build((long)Blocks * Block).Extents.ToArray()));
    }

    [Test]
    public void Reading_takes_no_memory()
    {
        BlockSource volume = ThinImage.Open(Small().Write(_folder, 20), new MemorySource(new byte[20 * Block])).OpenVolume(1, 12 * Block, null);
        byte[] buffer = new byte[Block];
        Assert.That(Allocations.Of(() => volume.ReadAt(Block / 2, buffer)), Is.Zero);
    }

    [Test]
    public void A_device_that_the_pool_does_not_have_is_told()
    {
        ThinPool pool = ThinImage.Open(Small().Write(_folder, 20), Nothing(20));
        Assert.That(() => pool.OpenVolume(6, Block, null), Throws.TypeOf<InvalidImageException>().With.Message.Contains("no device 6"));
    }

    [Test]
    public void A_block_beyond_the_data_is_told_and_the_others_are_read()
    {
        byte[] data = _folder.WriteSource(14 * Block);
        BlockSource volume = ThinImage.Open(Small().Write(_folder, 20), new MemorySource(data)).OpenVolume(1, 12 * Block, null);
        byte[] buffer = new byte[Block];
        volume.ReadAt(0, buffer);
        Assert.That(buffer, Is.EqualTo(data[(10 * Block)..(11 * Block)]));
        Assert.That(() => volume.ReadAt(7 * Block, buffer), Throws.TypeOf<InvalidImageException>().With.Message.Contains("block 7 is block 19 of data with 14"));
    }

    [Test]
    public void A_block_with_a_wrong_checksum_or_number_is_told()
    {
        byte[] metadata = Small().Write(_folder, 20);
        long root = ThinImage.DeviceRoot(metadata, 0);
        byte[] damaged = [.. metadata];
        damaged[(root * MetadataBlocks.BlockSize) + 100] ^= 1;
        AssertFails(damaged, "checksum");
        damaged = [.. metadata];
        ThinImage.Change(damaged, BlockKind.Node, root, block => block[8]++);
        AssertFails(damaged, $"says that it is {root + 1}");
        damaged = [.. metadata];
        damaged[100] ^= 1;
        Assert.That(() => ThinImage.Open(damaged, Nothing(20)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("superblock at 0x0"));
    }

    [Test]
    public void A_node_of_the_wrong_shape_is_told()
    {
        AssertNodeFails("flags", block => BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(4), 3));
        AssertNodeFails("cannot be", block => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(16), uint.MaxValue));
        AssertNodeFails("cannot be", block => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(20), uint.MaxValue));
        AssertNodeFails("cannot be", block => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(24), uint.MaxValue));
        AssertNodeFails("not 8", block => BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(24), 4));
        AssertNodeFails("not in order at 1", block => block.AsSpan(32, 8).Fill(0x7F));
        AssertNodeFails("not in order at 0", block => block.AsSpan(32, 8).Fill(0xFF));
    }

    [Test]
    public void A_tree_that_leads_back_to_itself_ends()
    {
        byte[] metadata = Small().Write(_folder, 20);
        long root = ThinImage.DeviceRoot(metadata, 0);
        ThinImage.Change(metadata, BlockKind.Node, root, block =>
        {
            block[4] = 1;
            block[16] = 1;
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(32 + (8 * BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(20)))), root);
        });
        AssertFails(metadata, "deeper than 64");
    }

    [Test]
    public void A_node_for_other_keys_than_the_node_above_it_has_is_told()
    {
        byte[] metadata = Small().Write(_folder, 20);
        long root = ThinImage.DeviceRoot(metadata, 0);
        ThinImage.Change(metadata, BlockKind.Node, root, block =>
        {
            block[4] = 1;
            block[16] = 1;
            BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(32 + (8 * BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(20)))), ThinImage.MappingRoot(metadata));
        });
        ThinImage.Change(metadata, BlockKind.Node, ThinImage.MappingRoot(metadata), block => BinaryPrimitives.WriteInt64LittleEndian(block.AsSpan(32), 1));
        ThinImage.Change(metadata, BlockKind.Node, root, block => block[32] = 2);
        Assert.That(() => Read(metadata, 5 * Block), Throws.TypeOf<InvalidImageException>().With.Message.Contains("keys outside"));
    }

    [Test]
    public void What_a_superblock_cannot_say_is_told()
    {
        byte[] metadata = Small().Write(_folder, 20);
        Refuse<UnsupportedFeatureException>(40, 3, "version 3");
        Refuse<UnsupportedFeatureException>(40, 0, "version 0");
        Refuse<UnsupportedFeatureException>(360, 4, "features 0x4");
        Refuse<InvalidImageException>(32, 1, "mark");
        Refuse<InvalidImageException>(336, 0, "sectors");
        Refuse<InvalidImageException>(336, 129, "sectors");
        Refuse<InvalidImageException>(336, 1 << 22, "sectors");
        Refuse<InvalidImageException>(340, 16, "sectors");
        Refuse<InvalidImageException>(320, -1, "of metadata with 256 blocks");

        void Refuse<T>(int offset, int value, string message)
            where T : ImageException
        {
            byte[] changed = [.. metadata];
            ThinImage.Change(changed, ThinSuperblock.Kind, 0, block => BinaryPrimitives.WriteInt32LittleEndian(block.AsSpan(offset), value));
            Assert.That(() => Read(changed, 0), Throws.TypeOf<T>().With.Message.Contains(message));
        }
    }

    [Test]
    public void A_pool_that_needs_a_check_is_read_and_says_so()
    {
        byte[] metadata = Small().Write(_folder, 20);
        ThinImage.Change(metadata, ThinSuperblock.Kind, 0, block => block[4] = 1);
        Assert.That(ThinImage.Open(metadata, Nothing(20)).NeedsCheck, Is.True);
        Assert.That(() => Read(metadata, 0), Throws.Nothing);
    }

    [Test]
    public void Damage_at_random_is_an_error_or_harmless()
    {
        ThinImage image = Small();
        for (int block = 100; block < 3000; block += 2)
        {
            image[1][block] = block % 20;
        }

        byte[] metadata = image.Write(_folder, 20);
        int used = metadata.AsSpan().LastIndexOfAnyExcept((byte)0) / MetadataBlocks.BlockSize;
        var random = new Random(11);
        var tally = new MutantTally();
        for (int i = 0; i < 400; i++)
        {
            tally.Next();
            byte[] changed = [.. metadata];
            long number = random.Next(used + 1);
            ThinImage.Change(changed, number == 0 ? ThinSuperblock.Kind : BlockKind.Node, number, block => block[random.Next(random.Next(2) == 0 ? 64 : block.Length)] = (byte)random.Next(256));
            try
            {
                BlockSource volume = ThinImage.Open(changed, new MemorySource(new byte[20 * Block])).OpenVolume(1, 3000L * Block, null);
                tally.NoteOpened();
                for (long offset = 0; offset < volume.Length;)
                {
                    offset += volume.Map(offset, volume.Length, out _).Length;
                }

                tally.NoteRead();
            }
            catch (ImageException)
            {
                // As it has to be.
            }
        }

        tally.AssertShares(30, 20);
    }

    // Two devices with blocks in common, and one without any.
    private static ThinImage Small()
    {
        var image = new ThinImage { [1] = { [0] = 10, [1] = 11, [2] = 12, [3] = 13, [9] = 3, [7] = 19 }, [2] = { [0] = 10, [1] = 0, [11] = 5 } };
        _ = image[7];
        return image;
    }

    private static BlockSlice Nothing(long blocks) => new(MemorySource.Empty, 0, blocks * Block);

    private static byte[] Expected(ThinImage image, long device, byte[] data, byte[] below)
    {
        foreach ((long block, long place) in image[device])
        {
            Span<byte> target = below.AsSpan((int)Math.Min(block * Block, below.Length));
            data.AsSpan((int)place * Block, Math.Min(Block, target.Length)).CopyTo(target);
        }

        return below;
    }

    private static void Read(byte[] metadata, long offset) => ThinImage.Open(metadata, Nothing(20)).OpenVolume(1, 12 * Block, null).Map(offset, Block, out _);

    private static void AssertFails(byte[] metadata, string message) =>
        Assert.That(() => Read(metadata, 0), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));

    private void AssertNodeFails(string message, Action<byte[]> change)
    {
        byte[] metadata = Small().Write(_folder, 20);
        ThinImage.Change(metadata, BlockKind.Node, ThinImage.DeviceRoot(metadata, 0), change);
        AssertFails(metadata, message);
    }
}
