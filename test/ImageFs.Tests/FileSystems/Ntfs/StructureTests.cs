using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Names;
using ImageFs.FileSystems.Ntfs;
using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>The structures of NTFS, byte by byte.</summary>
internal sealed class StructureTests
{
    [TestCase(512, 8, 0xF6, 1, 4096, 1024, 4096)]
    [TestCase(512, 1, 2, 8, 512, 1024, 4096)]
    [TestCase(256, 8, 0xF6, 0xF4, 2048, 1024, 4096)]
    [TestCase(4096, 1, 1, 1, 4096, 4096, 4096)]
    [TestCase(512, 128, 0xF6, 0xF4, 65536, 1024, 4096)]
    [TestCase(512, 0xF8, 0xF6, 0xF4, 131072, 1024, 4096, TestName = "{m}(negative, 2^8 sectors)")]
    [TestCase(512, 0xF4, 0xF6, 0xF4, 2097152, 1024, 4096, TestName = "{m}(negative, 2^12 sectors)")]
    [TestCase(4096, 0xF7, 0xF4, 0xF0, 2097152, 4096, 65536)]
    public void Sizes_of_clusters_and_records_are_read_in_both_encodings(int sector, int cluster, int record, int index, long clusterSize, long recordSize, long indexSize)
    {
        var boot = new BootSector(MakeBoot(sector, cluster, record, index));
        Assert.That(boot.FindProblem(), Is.Null);
        Assert.That((boot.ClusterSize, boot.RecordSize, boot.IndexRecordSize), Is.EqualTo((clusterSize, recordSize, indexSize)));
    }

    [TestCase(128, 8, 0xF6, 1)]
    [TestCase(513, 8, 0xF6, 1)]
    [TestCase(8192, 8, 0xF6, 1)]
    [TestCase(512, 0, 0xF6, 1)]
    [TestCase(512, 3, 0xF6, 1)]
    [TestCase(512, 0xF3, 0xF6, 1)]
    [TestCase(512, 0x81, 0xF6, 1)]
    [TestCase(512, 8, 0, 1)]
    [TestCase(512, 8, 0xFF, 1)]
    [TestCase(512, 8, 0x80, 1)]
    [TestCase(512, 8, 127, 1)]
    [TestCase(512, 8, 0xF6, 3)]
    public void Sizes_that_none_can_have_are_a_problem(int sector, int cluster, int record, int index) =>
        Assert.That(new BootSector(MakeBoot(sector, cluster, record, index)).FindProblem(), Is.Not.Null);

    [Test]
    public void Every_byte_of_a_boot_sector_may_have_any_value()
    {
        byte[] boot = MakeBoot(512, 8, 0xF6, 1);
        for (int at = 0; at < 80; at++)
        {
            byte kept = boot[at];
            for (int value = 0; value < 256; value++)
            {
                boot[at] = (byte)value;
                if (new BootSector(boot).FindProblem() is null)
                {
                    Assert.That(() => new Geometry(new BootSector(boot)), Throws.Nothing);
                }
            }

            boot[at] = kept;
        }
    }

    [Test]
    public void The_update_sequence_puts_the_ends_of_sectors_back()
    {
        byte[] record = Enumerable.Range(0, 2048).Select(i => unchecked((byte)i)).ToArray();
        NtfsImage.Put16(record, 4, 48);
        NtfsImage.Put16(record, 6, 5);
        byte[] protectedBytes = [.. record];
        NtfsImage.Protect(protectedBytes);
        Assert.That(UpdateSequence.Apply(protectedBytes), Is.Null);
        Assert.That(protectedBytes.AsSpan(64).SequenceEqual(record.AsSpan(64)));
        NtfsImage.Protect(protectedBytes);
        protectedBytes[1534] ^= 1;
        Assert.That(UpdateSequence.Apply(protectedBytes), Does.Contain("sector 2"));
    }

    [TestCase(47, 5)]
    [TestCase(48, 4)]
    [TestCase(48, 6)]
    [TestCase(502, 5)]
    [TestCase(6, 5)]
    [TestCase(0xFFFE, 5)]
    [TestCase(48, 0)]
    public void An_update_sequence_that_does_not_fit_is_a_problem(int start, int count)
    {
        byte[] record = new byte[2048];
        NtfsImage.Put16(record, 4, (ushort)start);
        NtfsImage.Put16(record, 6, (ushort)count);
        Assert.That(UpdateSequence.Apply(record), Does.Contain("does not fit"));
    }

    [Test]
    public void Runs_are_told_by_their_distance_from_the_one_before()
    {
        (long, long)[] runs = [(1, 0x12345678), (300, 0x12345600), (5, -1), (0x7FFF_FFFF_FF, 0x1_0000_0000_00), (1, 1), (2, 0x7F), (128, 0x80), (70000, -1), (1, 3)];
        Assert.That(Read(NtfsImage.EncodeRuns(runs), out string? problem), Is.EqualTo(runs));
        Assert.That(problem, Is.Null);
    }

    [TestCase("", TestName = "{m}(nothing)")]
    [TestCase("21", TestName = "{m}(a length that is not there)")]
    [TestCase("1101", TestName = "{m}(a distance that is not there)")]
    [TestCase("1001", TestName = "{m}(no length)")]
    [TestCase("910101010101010101010101", TestName = "{m}(a distance of nine bytes)")]
    [TestCase("1901010101010101010101", TestName = "{m}(a length of nine bytes)")]
    [TestCase("110005", TestName = "{m}(no clusters)")]
    [TestCase("118005", TestName = "{m}(fewer than no clusters)")]
    [TestCase("1101FF", TestName = "{m}(a cluster before the first)")]
    [TestCase("8101FFFFFFFFFFFFFF7F8101FFFFFFFFFFFFFF7F", TestName = "{m}(clusters that no number has)")]
    [TestCase("110105", TestName = "{m}(no end)")]
    public void Runs_that_are_none_are_a_problem(string hex)
    {
        Read(Convert.FromHexString(hex), out string? problem);
        Assert.That(problem, Is.Not.Null);
    }

    [TestCase(0, -11644473600, 0u)]
    [TestCase(1, -11644473600, 100u)]
    [TestCase(116444736000000000, 0, 0u)]
    [TestCase(116444735999999999, -1, 999999900u)]
    [TestCase(133000000000000005, 1655526400, 500u)]
    [TestCase(-1, -11644473601, 999999900u)]
    [TestCase(long.MaxValue, 910692730085, 477580700u)]
    public void Times_count_100_ns_from_1601_on(long units, long seconds, uint nanoseconds) =>
        Assert.That(StandardInformation.ToTime(units), Is.EqualTo(new Timestamp(seconds, nanoseconds)));

    [TestCase("0070 006C", "706C")]
    [TestCase("00E4 6F22 D83D DE00", "C3A4E6BCA2F09F9880")]
    [TestCase("D800", "EDA080")]
    [TestCase("0061 DFFF 0062", "61EDBFBF62")]
    [TestCase("D83D D83D DE00 D83D", "EDA0BDF09F9880EDA0BD")]
    [TestCase("DE00 D83D", "EDB880EDA0BD")]
    public void Halves_of_pairs_are_shown_and_found_again(string unitsInHex, string hex)
    {
        string units = string.Concat(unitsInHex.Split(' ').Select(unit => (char)Convert.ToUInt16(unit, 16)));
        var names = new ShownNames(NameCharset.Utf8);
        byte[] bytes = new byte[ShownNames.MaxBytes];
        int length = names.Encode(units, bytes);
        Assert.That(Convert.ToHexString(bytes.AsSpan(0, length)), Is.EqualTo(hex));
        char[] back = new char[FileName.MaxUnits];
        Assert.That(names.TryDecode(bytes.AsSpan(0, length), back, out int count));
        Assert.That(new string(back, 0, count), Is.EqualTo(units));
    }

    [TestCase("FF")]
    [TestCase("C3")]
    [TestCase("EDA0")]
    [TestCase("EDC080")]
    [TestCase("F09F98")]
    public void Bytes_that_no_name_is_shown_by_are_none(string hex) =>
        Assert.That(new ShownNames(NameCharset.Utf8).TryDecode(Convert.FromHexString(hex), new char[FileName.MaxUnits], out _), Is.False);

    [Test]
    public void A_name_of_more_units_than_there_are_is_none() =>
        Assert.That(new ShownNames(NameCharset.Utf8).TryDecode(Encoding.UTF8.GetBytes(new string('a', 256)), new char[FileName.MaxUnits], out _), Is.False);

    [Test]
    public void Attributes_and_index_entries_cut_short_at_every_length_are_an_error_or_whole()
    {
        byte[] attribute = NtfsImage.NonResident(AttributeType.Data, [(3, 5), (2, -1)], 20000, name: "name");
        for (int length = AttributeRecord.MinLength; length < attribute.Length; length++)
        {
            if (new AttributeRecord(attribute.AsSpan(0, length)).FindProblem() is null)
            {
                Assert.That(length, Is.GreaterThan(64));
            }
        }

        byte[] node = new byte[64];
        BinaryPrimitives.WriteInt32LittleEndian(node, 16);
        BinaryPrimitives.WriteInt32LittleEndian(node.AsSpan(4), 64);
        for (int length = 0; length < 64; length++)
        {
            NtfsImage.Put16(node, 24, (ushort)length);
            NtfsImage.Put16(node, 28, 3);
            var walker = new IndexWalker(new IndexNode(node));
            Assert.That(walker.MoveNext(), Is.EqualTo(length is 24 or 32 or 40 or 48), $"{length}");
            Assert.That(walker.Problem is null, Is.EqualTo(length is 24 or 32 or 40 or 48));
        }
    }

    private static byte[] MakeBoot(int sector, int cluster, int record, int index)
    {
        byte[] boot = new byte[BootSector.Length];
        "NTFS    "u8.CopyTo(boot.AsSpan(3));
        NtfsImage.Put16(boot, 11, (ushort)sector);
        boot[13] = (byte)cluster;
        BinaryPrimitives.WriteInt64LittleEndian(boot.AsSpan(40), 1 << 24);
        BinaryPrimitives.WriteInt64LittleEndian(boot.AsSpan(48), 4);
        BinaryPrimitives.WriteInt64LittleEndian(boot.AsSpan(56), 2);
        boot[64] = (byte)record;
        boot[68] = (byte)index;
        return boot;
    }

    private static List<(long, long)> Read(byte[] bytes, out string? problem)
    {
        var runs = new List<(long, long)>();
        var reader = new DataRunReader(bytes);
        while (reader.MoveNext())
        {
            runs.Add((reader.Current.Count, reader.Current.Cluster));
        }

        problem = reader.Problem;
        return runs;
    }
}
