using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes.Lvm.Cache;
using ImageFs.Storage.Volumes.Lvm.PersistentData;
using ImageFs.Storage.Volumes.Lvm.Thin;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>What verify finds in metadata that thin_restore and cache_restore wrote, and that was damaged here.</summary>
internal sealed class MetadataCheckTests
{
    private const int Block = ThinImage.BlockSize;
    private const int DataBlocks = 20_000;
    private const int DataSpaceOffset = 64;
    private const int MetadataSpaceOffset = 192;

    private DiskFolder _folder = null!;
    private byte[] _thin = null!;
    private byte[] _cache = null!;

    [OneTimeSetUp]
    public void MakeMetadata()
    {
        _folder = new DiskFolder();
        var image = new ThinImage();
        for (int block = 0; block < 9000; block++)
        {
            image[1 + (block % 3)][block] = block;
            if (block % 2 == 0)
            {
                image[4][block] = block;
                image[5][block] = block;
            }

            if (block % 7 == 0)
            {
                image[6][block] = block;
            }
        }

        _thin = image.Write(_folder, DataBlocks, 2 << 20);
        string mappings = string.Concat(Enumerable.Range(0, 3000).Select(block => $"""<mapping cache_block="{block}" origin_block="{block * 3}" dirty="{(block % 2 == 0 ? "true" : "false")}"/>"""));
        File.WriteAllText(_folder["cache.xml"], $"""<superblock uuid="" block_size="128" nr_cache_blocks="4000" policy="smq" hint_width="4"><mappings>{mappings}</mappings><hints></hints></superblock>""");
        File.WriteAllBytes(_folder["cache.metadata"], new byte[1 << 20]);
        _folder.Run("cache_restore", ["-i", "cache.xml", "-o", "cache.metadata", "--metadata-version", "2"]);
        _cache = File.ReadAllBytes(_folder["cache.metadata"]);
    }

    [OneTimeTearDown]
    public void RemoveFolder() => _folder.Dispose();

    [Test]
    public void Metadata_as_it_was_written_is_sound()
    {
        Assert.That(CheckThin(_thin, out string extent), Is.Empty);
        Assert.That(extent, Does.Match("^6 devices in [0-9]{2,3} blocks$"));
        Assert.That(CheckCache(_cache, out extent), Is.Empty);
        Assert.That(extent, Does.Match("^4000 mappings in [0-9]{2} blocks$"));
        _folder.Run("thin_check", ["-q", "thin.metadata"]);
        _folder.Run("cache_check", ["-q", "cache.metadata"]);
    }

    [Test]
    public void All_blocks_that_are_used_are_looked_at()
    {
        CheckThin(_thin, out string extent);
        int found = 1;
        for (int number = 1; number < _thin.Length / MetadataBlocks.BlockSize; number++)
        {
            Span<byte> block = _thin.AsSpan(number * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize);
            if (block.ContainsAnyExcept((byte)0))
            {
                byte[] damaged = [.. _thin];
                damaged[(number * MetadataBlocks.BlockSize) + 3000] ^= 1;
                string address = $"at 0x{number * MetadataBlocks.BlockSize:X}: its checksum";
                found += CheckThin(damaged, out _).Any(finding => finding.Contains(address, StringComparison.Ordinal)) ? 1 : 0;
            }
        }

        Assert.That(extent, Does.Contain($" in {found} blocks"), "blocks that nothing uses any more are no damage");
    }

    [Test]
    public void A_block_that_is_used_more_often_than_it_says_is_found()
    {
        long bitmap = FirstBitmap(_thin, BinaryPrimitives.ReadInt64LittleEndian(_thin.AsSpan(DataSpaceOffset + 16)));
        byte[] damaged = [.. _thin];
        ThinImage.Change(damaged, BlockKind.Bitmap, bitmap, block => block[16] = 0);
        Assert.That(CheckThin(damaged, out _), Has.Some.Contains("block 1 is used 1 times, and it says 0").And.Some.Contains("block 2 is used 3 times, and it says 0").And.Some.Contains("are used more than twice, and there are counts of"));
        damaged = [.. _thin];
        ThinImage.Change(damaged, BlockKind.Bitmap, bitmap, block => block[16 + (9001 / 4)] = 0xAA);
        Assert.That(CheckThin(damaged, out string extent), Is.Empty);
        Assert.That(extent, Does.EndWith("4 used by nothing").Or.EndWith("3 used by nothing"));
    }

    [Test]
    public void A_block_of_metadata_that_is_marked_as_free_is_found()
    {
        long index = BinaryPrimitives.ReadInt64LittleEndian(_thin.AsSpan(MetadataSpaceOffset + 16));
        long bitmap = BinaryPrimitives.ReadInt64LittleEndian(_thin.AsSpan((int)(index * MetadataBlocks.BlockSize) + 16));
        byte[] damaged = [.. _thin];
        ThinImage.Change(damaged, BlockKind.Bitmap, bitmap, block => block[16] = 0);
        Assert.That(CheckThin(damaged, out _), Has.Some.Contains("block 0 is used 1 times, and it says 0"));
        File.WriteAllBytes(_folder["damaged"], damaged);
        _folder.Run("sh", ["-c", "! thin_check -q damaged"]);
        index = BinaryPrimitives.ReadInt64LittleEndian(_cache.AsSpan(64 + 16));
        bitmap = BinaryPrimitives.ReadInt64LittleEndian(_cache.AsSpan((int)(index * MetadataBlocks.BlockSize) + 16));
        damaged = [.. _cache];
        ThinImage.Change(damaged, BlockKind.Bitmap, bitmap, block => block[16] = 0);
        Assert.That(CheckCache(damaged, out _), Has.Some.Contains("block 0 is used 1 times, and it says 0"));
    }

    [Test]
    public void A_mapping_that_leaves_the_data_is_found() =>
        Assert.That(CheckThin(_thin, out _, 8999), Has.One.Contains("block 8999 is block 8999 of data with 8999"));

    [Test]
    public void A_count_that_is_too_low_is_found()
    {
        long counts = BinaryPrimitives.ReadInt64LittleEndian(_thin.AsSpan(DataSpaceOffset + 24));
        var node = new BTreeNode(_thin.AsSpan((int)counts * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize));
        Assert.That(node.IsLeaf, Is.False);
        long leaf = node.NumberAt(0);
        byte[] damaged = [.. _thin];
        ThinImage.Change(damaged, BlockKind.Node, leaf, block => block[32 + (8 * BinaryPrimitives.ReadInt32LittleEndian(block.AsSpan(20)))] = 2);
        Assert.That(CheckThin(damaged, out _), Has.One.Contains("and it says 2"));
    }

    [Test]
    public void What_the_kernel_says_of_it_is_told()
    {
        byte[] changed = [.. _thin];
        ThinImage.Change(changed, ThinSuperblock.Kind, 0, block => block[4] = 1);
        Assert.That(CheckThin(changed, out _), Has.One.Contains("needs_check"));
        changed = [.. _cache];
        ThinImage.Change(changed, CacheSuperblock.Kind, 0, block => block[4] |= 2);
        Assert.That(CheckCache(changed, out _), Has.One.Contains("needs_check"));
    }

    private static long FirstBitmap(byte[] metadata, long root) =>
        BinaryPrimitives.ReadInt64LittleEndian(new BTreeNode(metadata.AsSpan((int)root * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize)).ValueAt(0));

    private static List<string> CheckThin(byte[] metadata, out string extent, long dataBlocks = DataBlocks) => Check(
        run => ThinCheck.Run(new MemorySource(metadata), new BlockSlice(MemorySource.Empty, 0, dataBlocks * Block), new MemoryBudget(), run), out extent);

    private static List<string> CheckCache(byte[] metadata, out string extent) =>
        Check(run => CacheCheck.Run(new MemorySource(metadata), new MemoryBudget(), run), out extent);

    private static List<string> Check(Action<CheckRun> check, out string extent)
    {
        var found = new List<string>();
        var run = new CheckRun(finding => found.Add($"{finding}"), static _ => { });
        check(run);
        extent = run.Extent;
        Assert.That(run.Obstacle, Is.Empty);
        return found;
    }
}
