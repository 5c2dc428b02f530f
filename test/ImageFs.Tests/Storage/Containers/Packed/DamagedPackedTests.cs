using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Containers.Packed;

/// <summary>A compressed file that is damaged gives errors at the place, and never other bytes.</summary>
public sealed class DamagedPackedTests
{
    private const int Length = 400_000;
    private const int Rounds = 80;

    private static readonly byte[] s_contents = PackedFolder.MakeContents(Length);

    private static readonly string[] s_writers =
    [
        "xz -0", "xz -0 --block-size=50000", "zstd -1 --check", "gzip -1", "bgzip -c", "bzip2 -1", "lz4 -1 -B4 -BI -BX", "lz4 -1 -B4 -BD",
    ];

    [TestCaseSource(nameof(s_writers))]
    public void No_changed_byte_gives_other_bytes(string command)
    {
        byte[] sound = PackedFolder.Pack(command, s_contents);
        var random = new Random(11);
        int failed = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] packed = [.. sound];
            packed[random.Next(packed.Length)] ^= (byte)(1 << random.Next(8));
            failed += ReadsAsItWas(packed) ? 0 : 1;
        }

        // Names, times and such are in no checksum.
        Assert.That(failed, Is.AtLeast(Rounds * 9 / 10));
    }

    [TestCaseSource(nameof(s_writers))]
    public void A_file_that_is_cut_short_is_an_error(string command)
    {
        byte[] sound = PackedFolder.Pack(command, s_contents);
        for (int length = 1; length < sound.Length; length += Math.Max(1, sound.Length / 60))
        {
            // Without its mark it is no compressed file; of bgzip, what ends with a block is whole.
            Assert.That(length < 16 || !ReadsAsItWas(sound[..length], cutAt: length), Is.True, $"{length} of {sound.Length} bytes");
        }
    }

    [TestCase("xz -0 --block-size=50000")]
    [TestCase("bgzip -c")]
    public void Most_mutants_of_what_is_in_blocks_are_read_but_for_the_block(string command)
    {
        byte[] sound = PackedFolder.Pack(command, s_contents);
        var random = new Random(23);
        var tally = new MutantTally();
        for (int round = 0; round < Rounds; round++)
        {
            byte[] packed = [.. sound];
            packed[random.Next(packed.Length)] ^= (byte)(1 << random.Next(8));
            tally.Next();
            try
            {
                BlockSource disk = PackedFolder.Open(packed);
                tally.NoteOpened();
                disk.ReadAt(Length - 1000, new byte[1000]);
                tally.NoteRead();
            }
            catch (ImageException)
            {
            }
        }

        tally.AssertShares(opened: 75, read: 65);
    }

    [Test]
    public void Damage_of_one_block_of_xz_leaves_the_others()
    {
        byte[] packed = PackedFolder.Pack("xz -0 --block-size=1100000", PackedFolder.MakeContents(3_300_000));
        byte[] contents = PackedFolder.MakeContents(3_300_000);
        packed[packed.Length / 2] ^= 0x10;
        BlockSource disk = PackedFolder.Open(packed);
        byte[] read = new byte[1_100_000];
        disk.ReadAt(0, read);
        Assert.That(read.AsSpan().SequenceEqual(contents.AsSpan(0, read.Length)), Is.True);
        Assert.That(() => disk.ReadAt(1_200_000, read.AsSpan(0, 1)), Throws.TypeOf<InvalidImageException>().With.Message.Contains("xz block"));
        Assert.That(() => disk.ReadAt(1_200_000, read.AsSpan(0, 1)), Throws.TypeOf<InvalidImageException>(), "again");
        disk.ReadAt(2_200_000, read);
        Assert.That(read.AsSpan().SequenceEqual(contents.AsSpan(2_200_000)), Is.True);
    }

    [Test]
    public void A_frame_that_is_cut_short_is_told_when_it_is_opened() =>
        Assert.That(() => PackedFolder.Open(PackedFolder.Pack("zstd -1", s_contents)[..^100]), Throws.TypeOf<TruncatedImageException>());

    [Test]
    public void A_frame_that_says_another_length_is_damage()
    {
        byte[] packed = PackedFolder.Pack($"zstd -1 --stream-size={Length}", s_contents);
        // A frame of one segment has no window descriptor before its length (RFC 8878 3.1.1.1).
        int place = (packed[4] & 0x20) != 0 ? 5 : 6;
        Assert.That(BitConverter.ToInt32(packed, place), Is.EqualTo(Length));
        BitConverter.TryWriteBytes(packed.AsSpan(place), Length + 1);
        Assert.That(() => PackedFolder.Open(packed).ReadAt(0, new byte[1]), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void What_needs_too_much_memory_is_refused()
    {
        byte[] packed = PackedFolder.Pack("xz --lzma2=preset=0,dict=1GiB", new byte[3 << 20]);
        Assert.That(() => PackedFolder.Open(packed).ReadAt(0, new byte[1]), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("memory"));
    }

    [TestCase("gzip -1", 2 << 20)]
    [TestCase("zstd -1", 64 << 10)]
    [TestCase("xz -0", 128 << 10)]
    [TestCase("bzip2 -1", 64 << 10)]
    [TestCase("lz4 -1", 2 << 20)]
    public void A_bomb_takes_no_more_than_is_given(string program, int maxStored)
    {
        const long Limit = 1 << 20;
        const long MostMemory = 32 << 20;
        byte[] packed = PackedFolder.Pack($"head -c 300M /dev/zero | {program}", []);
        Assert.That(packed, Has.Length.LessThan(maxStored));
        var cache = new CacheFolder(Path.GetTempPath(), Limit);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        BlockSource disk = PackedFolder.Open(packed, cache);
        Assert.That(disk.Length, Is.EqualTo(300L << 20));
        Assert.That(cache.Counts.Kept, Is.LessThanOrEqualTo(Limit));
        byte[] read = new byte[1000];
        read.AsSpan().Fill(1);
        disk.ReadAt(disk.Length - read.Length, read);
        Assert.That(read, Is.All.Zero);
        Assert.That(GC.GetTotalAllocatedBytes(precise: true) - before, Is.LessThan(MostMemory));
        Assert.That(cache.Counts.Kept, Is.LessThanOrEqualTo(Limit));
    }

    // Whether all bytes are there; an error is no, and other bytes are a failure.
    private static bool ReadsAsItWas(byte[] packed, int? cutAt = null)
    {
        try
        {
            BlockSource disk = PackedFolder.Open(packed);
            bool isWhole = disk.Length == Length;
            byte[] read = new byte[4096];
            for (long offset = 0; offset < disk.Length; offset += read.Length)
            {
                Span<byte> part = read.AsSpan(0, (int)Math.Min(read.Length, disk.Length - offset));
                try
                {
                    disk.ReadAt(offset, part);
                }
                catch (ImageException)
                {
                    isWhole = false;
                    continue;
                }

                // What is not compressed any more is read as it lies there.
                Assert.That(disk is MemorySource || part.SequenceEqual(s_contents.AsSpan((int)offset, part.Length)), Is.True, $"at {offset}, cut at {cutAt}");
            }

            return isWhole;
        }
        catch (ImageException)
        {
            return false;
        }
    }
}
