using System.Buffers.Binary;
using System.Text;
using FsCheck;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Times;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>What holds for every chain, name and time.</summary>
internal sealed class Laws
{
    [FsCheck.NUnit.Property]
    public bool A_chain_finds_what_its_links_say(PositiveInt seed, PositiveInt size, PositiveInt step)
    {
        // Clusters in ascending runs of random lengths, the runs in random order.
        var random = new Random(seed.Get);
        int count = 1 + (size.Get % 300);
        uint[][] runs = [.. Enumerable.Range(2, count).Select(i => (uint)i).Chunk(1 + (step.Get % 10))];
        random.Shuffle(runs);
        uint[] chain = [.. runs.SelectMany(run => run)];
        byte[] table = new byte[(count + 2) * sizeof(ushort)];
        for (int i = 0; i < count; i++)
        {
            ushort link = i + 1 < count ? (ushort)chain[i + 1] : (ushort)0xFFFF;
            BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan((int)chain[i] * sizeof(ushort)), link);
        }

        var heap = new ClusterHeap(0, 512, (uint)count);
        var links = new FileAllocationTable(new BlockCache(new MemorySource(table), 64, new BlockPool(256, 64)), 0, EntryWidth.Fat16, heap);
        ClusterChain followed = ClusterChain.Follow(links, chain[0], null, count + 1);
        for (uint i = 0; i < count; i++)
        {
            uint cluster = followed.Find(i, uint.MaxValue, out uint length);
            bool isWhole = i + length == count || chain[i + length] != cluster + length;
            if (cluster != chain[i] || !isWhole || Enumerable.Range(0, (int)length).Any(j => chain[i + j] != cluster + j))
            {
                return false;
            }
        }

        return followed.Count == count && followed.Damage is null;
    }

    [FsCheck.NUnit.Property]
    public bool A_chain_ends_before_the_first_cluster_that_comes_again(PositiveInt seed, PositiveInt size, PositiveInt wanted)
    {
        // Each cluster leads to any: sooner or later all chains come back.
        var random = new Random(seed.Get);
        int count = 1 + (size.Get % 300);
        long limit = 1 + (wanted.Get % (2 * count));
        byte[] table = new byte[(count + 2) * sizeof(ushort)];
        for (int i = 0; i < count; i++)
        {
            int link = random.Next(20) == 0 ? 0xFFFF : 2 + (random.Next(3) == 0 ? random.Next(count) : (i + 1) % count);
            BinaryPrimitives.WriteUInt16LittleEndian(table.AsSpan((i + 2) * sizeof(ushort)), (ushort)link);
        }

        var expected = new List<uint>();
        for (uint cluster = 2; cluster != 0xFFFF && expected.Count < limit && !expected.Contains(cluster);)
        {
            expected.Add(cluster);
            cluster = BinaryPrimitives.ReadUInt16LittleEndian(table.AsSpan((int)cluster * sizeof(ushort)));
        }

        var heap = new ClusterHeap(0, 512, (uint)count);
        var links = new FileAllocationTable(new BlockCache(new MemorySource(table), 64, new BlockPool(256, 64)), 0, EntryWidth.Fat16, heap);
        var followed = ClusterChain.Follow(links, 2, limit, count);
        return followed.Count == expected.Count
            && (followed.Damage is null) == (expected.Count == limit)
            && expected.Index().All(place => followed.Find((uint)place.Index, 1, out _) == place.Item);
    }

    [FsCheck.NUnit.Property]
    public bool A_name_without_halves_of_pairs_is_the_same_in_UTF_8(NonNull<string> text)
    {
        string name = new([.. text.Get.Where(c => c != '\0' && !char.IsSurrogate(c)), .. "\U0001F600"]);
        byte[] bytes = new byte[name.Length * Utf16Name.MaxBytesPerUnit];
        int length = Utf16Name.ToUtf8(name, bytes);
        return bytes.AsSpan(0, length).SequenceEqual(Encoding.UTF8.GetBytes(name));
    }

    [FsCheck.NUnit.Property]
    public bool A_time_is_that_of_the_calendar(DateTime time)
    {
        int year = 1980 + (time.Year % 128);
        var day = new DateTime(year, time.Month, Math.Min(time.Day, 28), time.Hour, time.Minute, time.Second & ~1, DateTimeKind.Utc);
        ushort date = (ushort)(((day.Year - 1980) << 9) | (day.Month << 5) | day.Day);
        ushort clock = (ushort)((day.Hour << 11) | (day.Minute << 5) | (day.Second / 2));
        return DosTime.Read(date, clock, 0, 0) == new Timestamp(new DateTimeOffset(day).ToUnixTimeSeconds());
    }

    [FsCheck.NUnit.Property]
    public bool Names_that_are_equal_have_the_same_hash(NonNull<string> text)
    {
        byte[] name = Encoding.UTF8.GetBytes(text.Get);
        byte[] upper = [.. name.Select(b => b is >= (byte)'a' and <= (byte)'z' ? (byte)(b - 32) : b)];
        var names = new FatNames(isCaseSensitive: false, NameCharset.Utf8);
        return names.AreEqual(name, upper) && names.Hash(name) == names.Hash(upper);
    }

    [Test]
    public void The_directories_used_last_are_kept()
    {
        const int Most = 1024;
        IndexShare cache = new IndexCache(1024 * 1024).ForOwner();
        var directory = new ClusterDirectory(new MemorySource(default), ClusterChain.Empty);
        for (ulong i = 0; i < Most; i++)
        {
            cache.Add(i, directory, 512);
        }

        Assert.That(cache.Find<ClusterDirectory>(0), Is.Not.Null);
        cache.Add(10_000, directory, 512);
        Assert.That(cache.Find<ClusterDirectory>(0), Is.Not.Null, "it was used");
        Assert.That(cache.Find<ClusterDirectory>(1), Is.Null, "it was not");
        Assert.That(cache.Find<ClusterDirectory>(10_000), Is.Not.Null);
    }
}
