using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Storage;
using ImageFs.Tests.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>The master file table in pieces, its copy, attribute lists; and what a file's attributes say, by records that are changed.</summary>
internal sealed class TableTests
{
    // Free on the image up to its end; and room for the table in pieces, free as well.
    private const long FreeCluster = 2030;
    private const long Low = 1002;
    private const long High = 1886;
    private const int Together = 20;

    [Test]
    public void A_table_in_pieces_that_lie_anywhere_is_read()
    {
        var image = new NtfsImage();
        string before = Walk(image.Open());
        (long count, long size) = TableOf(image);
        (long, long)[] runs = Scatter(image, count, 8);
        SetTable(image, NtfsImage.NonResident(AttributeType.Data, runs, size));
        Assert.That(Walk(image.Open()), Is.EqualTo(before));
        Assert.That(image.Open().Describe().Find("file-table-pieces"), Is.EqualTo((long)runs.Length));
    }

    [Test]
    public void A_table_whose_runs_are_in_further_records_is_read([Values] bool isListResident, [Values(1, 3)] int records)
    {
        var image = new NtfsImage();
        string before = Walk(image.Open());
        long[] free = Free(image, records);
        Extend(image, free, isListResident);
        Assert.That(Walk(image.Open()), Is.EqualTo(before));
    }

    [Test]
    public void A_table_whose_runs_are_in_records_that_they_lead_to_is_an_error()
    {
        var image = new NtfsImage();
        (long count, _) = TableOf(image);

        // The last record, which is behind what the first one tells of.
        Extend(image, [(count * NtfsImage.ClusterSize / NtfsImage.RecordSize) - 1], isListResident: true);
        Assert.That(() => image.Open(), Throws.InstanceOf<InvalidImageException>());
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(3)]
    public void A_damaged_first_record_is_made_up_for_by_its_copy(int record)
    {
        var image = new NtfsImage();
        string before = Walk(image.Open());
        image.Raw(record)[511] ^= 1;
        var warnings = new List<string>();
        Assert.That(Walk(image.Open(warn: warnings.Add)), Is.EqualTo(before));
        Assert.That(warnings, Has.Exactly(1).Contains($"file record {record}").And.Exactly(1).Contains("copy"));
        for (int copy = 0; copy < image.Bytes.Length; copy += 512)
        {
            // Wherever the copies are.
            if (copy != NtfsImage.TableAddress + (record * NtfsImage.RecordSize) && image.Bytes.AsSpan(copy).StartsWith("FILE"u8)
                && image.Bytes.AsSpan(copy + 44, 4).SequenceEqual(BitConverter.GetBytes(record)))
            {
                image.Bytes[copy + 511] ^= 1;
            }
        }

        Assert.That(() => Walk(image.Open()), record == 0 ? Throws.InstanceOf<InvalidImageException>() : Throws.Nothing, "nothing but info needs the others");
    }

    [Test]
    public void A_boot_sector_that_is_damaged_is_made_up_for_by_the_one_at_the_end()
    {
        var image = new NtfsImage();
        string before = Walk(image.Open());
        image.Bytes[13] = 77;
        var warnings = new List<string>();
        Assert.That(Walk(image.Open(warn: warnings.Add)), Is.EqualTo(before));
        Assert.That(warnings, Has.Exactly(1).Contains("boot sector"));
        Assert.That(new NtfsFormat().Resembles(new MemorySource(image.Bytes)));
        image.Bytes[^499] = 77;
        Assert.That(() => image.Open(), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("boot sector"));
    }

    [Test]
    public void An_image_that_ends_early_is_told_of()
    {
        var image = new NtfsImage();
        image.Bytes = image.Bytes[..^4096];
        var warnings = new List<string>();
        image.Open(warn: warnings.Add);
        Assert.That(warnings, Has.Exactly(1).Contains("cut short"));
    }

    [Test]
    public void Bytes_behind_the_initialized_size_are_zeros_and_holes_are_holes()
    {
        var image = new NtfsImage();
        long record = image.Find("file-70000");
        image.Cluster(FreeCluster, 6).Fill((byte)'x');
        image.Change(record, AttributeType.Data, _ => NtfsImage.NonResident(
            AttributeType.Data, [(2, FreeCluster + 4), (3, -1), (2, FreeCluster), (1, FreeCluster + 2)], size: 30_000, initialized: 21_000));
        BlockSource file = image.Open().OpenFile(new NodeId((ulong)record));
        Extent[] extents = [.. ((MappedSource)file).Extents.Extents];
        const int Cluster = NtfsImage.ClusterSize;
        Assert.That(extents, Is.EqualTo((Extent[])[
            Extent.Mapped(0, 2 * Cluster, (FreeCluster + 4) * Cluster),
            Extent.Hole(2 * Cluster, 3 * Cluster),
            Extent.Mapped(5 * Cluster, 21_000 - (5 * Cluster), FreeCluster * Cluster),
            new Extent(21_000, 30_000 - 21_000, ExtentKind.Unwritten, 0)]));
        byte[] bytes = new byte[30_000];
        file.ReadAt(0, bytes);
        Assert.That(bytes.Select((b, i) => b == (i is < 8192 or >= 20480 and < 21000 ? 'x' : 0)), Has.All.True);
    }

    [TestCase("unordered")]
    [TestCase("overlapping")]
    [TestCase("missing")]
    [TestCase("sequence")]
    [TestCase("owner")]
    [TestCase("loop")]
    public void Pieces_that_are_not_one_attribute_are_an_error_of_that_file_alone(string what)
    {
        var image = new NtfsImage();
        long record = image.Find("file-70000");
        long[] free = Free(image, 2);
        ushort sequence = SequenceOf(image, record);
        byte[] first = NtfsImage.NonResident(AttributeType.Data, [(5, FreeCluster)], size: 40_000, allocated: 10 * NtfsImage.ClusterSize);
        byte[] second = NtfsImage.NonResident(AttributeType.Data, [(5, FreeCluster + 5)], size: 40_000, lowest: what == "overlapping" ? 4 : 5);
        byte[][] others = [.. image.Attributes(record).Where(attribute => NtfsImage.TypeOf(attribute) != AttributeType.Data)];
        byte[][] entries =
        [
            .. others.Select(attribute => NtfsImage.ListEntry(NtfsImage.TypeOf(attribute), record, sequence, id: NtfsImage.IdOf(attribute))),
            NtfsImage.ListEntry(AttributeType.Data, record, sequence),
            NtfsImage.ListEntry(AttributeType.Data, free[0], (ushort)(what == "sequence" ? 8 : 7), lowest: what == "overlapping" ? 4 : 5),
        ];
        entries = what == "missing" ? entries[..^1] : what == "unordered" ? [.. entries[..^2], entries[^1], entries[^2]] : entries;
        image.MakeExtension(free[0], what == "owner" ? 5 : record, sequence, 7, second);
        image.SetAttributes(record, WithList(others, entries, first));
        if (what == "loop")
        {
            // A list in an extension counts for nothing, and does not lead on.
            image.MakeExtension(free[0], record, sequence, 7, NtfsImage.Resident(AttributeType.AttributeList, entries[0]), second);
        }

        FileSystem fileSystem = image.Open();
        Assert.That(() => fileSystem.OpenFile(new NodeId((ulong)record)), what == "loop" ? Throws.Nothing : Throws.InstanceOf<InvalidImageException>());
        Assert.That(fileSystem.OpenFile(new NodeId((ulong)image.Find("file-4097"))).Length, Is.EqualTo(4097));
        if (what == "loop")
        {
            Assert.That(fileSystem.OpenFile(new NodeId((ulong)record)).Map(5 * NtfsImage.ClusterSize, 1, out _).Address, Is.EqualTo((FreeCluster + 5) * NtfsImage.ClusterSize));
        }
    }

    [Test]
    public void A_run_that_leaves_the_volume_is_an_error_of_that_file_alone()
    {
        var image = new NtfsImage();
        long record = image.Find("file-70000");
        image.Change(record, AttributeType.Data, _ => NtfsImage.NonResident(AttributeType.Data, [(2, 2046)], size: 8000));
        FileSystem fileSystem = image.Open();
        var error = Assert.Throws<InvalidImageException>(() => fileSystem.OpenFile(new NodeId((ulong)record)))!;
        Assert.That(error.Message, Does.Contain($"file record {record}").And.Contains("leaves the volume").And.Contains(DataRun.Clause));
        Assert.That(error.Address, Is.EqualTo(NtfsImage.TableAddress + (record * NtfsImage.RecordSize)));
        Assert.That(fileSystem.GetAttributes(new NodeId((ulong)record)).Size, Is.EqualTo(8000));
    }

    [Test]
    public void A_hole_of_more_clusters_than_32_bits_count_is_read()
    {
        var image = new NtfsImage();
        long record = image.Find("file-70000");
        const long Count = 1L << 40;
        image.Cluster(FreeCluster).Fill((byte)'e');
        image.Change(record, AttributeType.Data, _ => NtfsImage.NonResident(AttributeType.Data, [(Count, -1), (1, FreeCluster)], size: (Count * NtfsImage.ClusterSize) + 10));
        BlockSource file = image.Open().OpenFile(new NodeId((ulong)record));
        byte[] last = new byte[20];
        file.ReadAt(file.Length - 20, last);
        Assert.That(Encoding.ASCII.GetString(last), Is.EqualTo(new string('\0', 10) + "eeeeeeeeee"));
    }

    [Test]
    public void A_name_that_leads_to_a_record_that_was_used_anew_is_an_error()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4097");
        byte[] raw = image.Raw(record).ToArray();
        Assert.That(UpdateSequence.Apply(raw), Is.Null);
        NtfsImage.Put16(raw, 16, 55);
        NtfsImage.Protect(raw);
        raw.CopyTo(image.Raw(record));
        FileSystem fileSystem = image.Open();
        Assert.That(() => fileSystem.TryLookup(fileSystem.Root, "file-4097"u8, out _), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("sequence number is 55"));
        Assert.That(fileSystem.TryLookup(fileSystem.Root, "file-4096"u8, out _));
    }

    [TestCase(0x0001, "dirty")]
    [TestCase(0x4000, null)]
    public void A_dirty_volume_is_told_of(int flags, string? warning)
    {
        var image = new NtfsImage();
        image.Change(SystemFiles.Volume, AttributeType.VolumeInformation, attribute =>
        {
            NtfsImage.Put16(attribute, 24 + 10, (ushort)flags);
            return attribute;
        });
        var warnings = new List<string>();
        FileSystem fileSystem = image.Open(warn: warnings.Add);
        Assert.That(warnings, warning is null ? Is.Empty : Has.Exactly(1).Contains(warning));
        Assert.That(fileSystem.Describe().Find("state"), Is.EqualTo(warning ?? "clean"));
    }

    [Test]
    public void A_journal_in_bad_sectors_keeps_nobody_from_the_files()
    {
        var image = new NtfsImage();
        long log = image.Open().OpenFile(new NodeId(2)).Map(0, 1, out _).Address;
        using var device = new TestDevice(image.Bytes) { Bad = (log, log + NtfsImage.ClusterSize) };
        FileSystem fileSystem = new NtfsFormat().Open(device, OpenContext.Of(string.Empty, null));
        Assert.That(Walk(fileSystem), Is.EqualTo(Walk(image.Open())));
        Assert.That(fileSystem.Describe().Find("state"), Does.StartWith("unknown: $LogFile: ").And.Contains("Input/output error"));
    }

    [Test]
    public void A_volume_that_does_not_say_whether_it_is_dirty_is_described_and_not_called_clean()
    {
        var image = new NtfsImage();
        image.SetAttributes(SystemFiles.Volume, image.Attributes(SystemFiles.Volume).Where(attribute => NtfsImage.TypeOf(attribute) != AttributeType.VolumeInformation));
        ImageDescription told = image.Open().Describe();
        Assert.That(told.Find("state"), Does.StartWith("unknown: $Volume: file record 3 at 0x").And.Contains("does not tell the version"));
        Assert.That(told.Find("uuid"), Is.EqualTo(image.Open().Describe().Find("uuid")).And.Not.Empty);
    }

    [Test]
    public void A_journal_that_was_used_and_has_no_good_page_leaves_the_state_unknown()
    {
        var image = new NtfsImage();
        image.Cluster(image.Open().OpenFile(new NodeId(2)).Map(0, 1, out _).Address / NtfsImage.ClusterSize, 2).Fill(0x20);
        Assert.That(image.Open().Describe().Find("state"), Does.StartWith("unknown: $LogFile: file record 2 at 0x").And.Contains("has not the mark of a restart page"));
        image.Cluster(image.Open().OpenFile(new NodeId(2)).Map(0, 1, out _).Address / NtfsImage.ClusterSize, 2).Fill(0xFF);
        Assert.That(image.Open().Describe().Find("state"), Is.EqualTo("clean"), "it was never used");
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_journal_that_was_not_brought_to_an_end_is_told_of(bool isClean)
    {
        var image = new NtfsImage();
        long cluster = image.Open().OpenFile(new NodeId(2)).Map(0, 1, out _).Address / NtfsImage.ClusterSize;
        Span<byte> page = image.Cluster(cluster);
        page.Clear();
        "RSTR"u8.CopyTo(page);
        NtfsImage.Put16(page, 0x18, 0x30);
        NtfsImage.Put16(page, 0x1A, 1);
        NtfsImage.Put16(page, 0x1C, 1);
        NtfsImage.Put16(page, 0x30 + 12, (ushort)(isClean ? 0xFFFF : 0));
        var warnings = new List<string>();
        image.Open(warn: warnings.Add);
        Assert.That(warnings, isClean ? Is.Empty : Has.Exactly(1).Contains("$LogFile"));
    }

    [Test]
    public void Label_and_serial_number_identify_it()
    {
        var image = new NtfsImage();
        Assert.That(new NtfsFormat().Identify(new MemorySource(image.Bytes)).Label, Is.EqualTo("Klein ü"));
        Assert.That(new NtfsFormat().Identify(new MemorySource(image.Bytes)).Uuid, Is.EqualTo($"{BinaryPrimitives.ReadUInt64LittleEndian(image.Bytes.AsSpan(72)):X16}"));
    }

    // The first records stay; the others move by turns far back and near the end.
    private static (long, long)[] Scatter(NtfsImage image, long count, long kept)
    {
        var runs = new List<(long, long)> { (kept, 4) };
        for (long vcn = kept; vcn < count; vcn += Together)
        {
            int length = (int)Math.Min(Together, count - vcn);
            long target = runs.Count % 2 == 0 ? Low - (runs.Count / 2 * Together) : High + (runs.Count / 2 * Together);
            image.Cluster(4 + vcn, length).CopyTo(image.Cluster(target, length));
            image.Cluster(4 + vcn, length).Fill(0xEE);
            runs.Add((length, target));
        }

        return [.. runs];
    }

    private static (long Clusters, long Size) TableOf(NtfsImage image)
    {
        byte[] data = image.Attributes(0).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Data);
        var view = new AttributeRecord(data);
        return (view.HighestVcn + 1, view.DataSize);
    }

    private static void SetTable(NtfsImage image, byte[] data) => image.Change(0, AttributeType.Data, _ => data);

    // Records that are not in use.
    private static long[] Free(NtfsImage image, int count)
    {
        var free = new List<long>();
        for (long record = 24; free.Count < count; record++)
        {
            byte[] raw = image.Raw(record).ToArray();
            if (UpdateSequence.Apply(raw) is null && (raw[22] & 1) == 0)
            {
                free.Add(record);
            }
        }

        return [.. free];
    }

    private static ushort SequenceOf(NtfsImage image, long record) => BinaryPrimitives.ReadUInt16LittleEndian(image.Raw(record)[16..]);

    private static IEnumerable<byte[]> WithList(byte[][] others, byte[][] entries, byte[] data)
    {
        byte[] list = [.. entries.SelectMany(entry => entry)];
        return [.. others[..1], NtfsImage.Resident(AttributeType.AttributeList, list, id: 98), .. others[1..], data];
    }

    private static void Extend(NtfsImage image, long[] records, bool isListResident)
    {
        (long count, long size) = TableOf(image);
        (long, long)[] runs = Scatter(image, count, 10);
        byte[][] others = [.. image.Attributes(0).Where(attribute => NtfsImage.TypeOf(attribute) != AttributeType.Data)];
        ushort sequence = SequenceOf(image, 0);
        var entries = new List<byte[]>(others.Select(attribute => NtfsImage.ListEntry(NtfsImage.TypeOf(attribute), 0, sequence, id: NtfsImage.IdOf(attribute))));
        int data = entries.FindIndex(entry => NtfsImage.TypeOf(entry) > AttributeType.Data);
        var pieces = new List<byte[]> { NtfsImage.ListEntry(AttributeType.Data, 0, sequence) };
        long lowest = 10;
        int each = (runs.Length - 1 + records.Length - 1) / records.Length;
        for (int i = 0; i < records.Length; i++)
        {
            (long Count, long Cluster)[] part = [.. runs.Skip(1 + (i * each)).Take(each)];
            image.MakeExtension(records[i], 0, sequence, 7, NtfsImage.NonResident(AttributeType.Data, part, size, lowest: lowest));
            pieces.Add(NtfsImage.ListEntry(AttributeType.Data, records[i], 7, lowest));
            lowest += part.Sum(run => run.Count);
        }

        entries.InsertRange(data, pieces);
        byte[] list = [.. entries.SelectMany(entry => entry)];
        list.CopyTo(image.Cluster(FreeCluster));
        byte[] listAttribute = isListResident
            ? NtfsImage.Resident(AttributeType.AttributeList, list, id: 98)
            : NtfsImage.NonResident(AttributeType.AttributeList, [(1, FreeCluster)], list.Length, id: 98);
        byte[] first = NtfsImage.NonResident(AttributeType.Data, runs[..1], size, allocated: count * NtfsImage.ClusterSize);
        int before = Array.FindIndex(others, attribute => NtfsImage.TypeOf(attribute) > AttributeType.Data);
        image.SetAttributes(0, [others[0], listAttribute, .. others[1..before], first, .. others[before..]]);
    }

    private static string Walk(FileSystem fileSystem)
    {
        var text = new StringBuilder();
        Visit(fileSystem.Root, 0);
        return text.ToString();

        void Visit(NodeId node, int depth)
        {
            NodeAttributes attributes = fileSystem.GetAttributes(node);
            text.Append(attributes).Append('\n');
            if (attributes.Type != NodeType.Directory || depth > 50)
            {
                return;
            }

            var names = new List<(string Name, NodeId Node)>();
            fileSystem.ReadDirectory(node, 0, new Names(names));
            foreach ((string name, NodeId child) in names.Where(entry => entry.Name is not ("." or "..")))
            {
                text.Append(depth).Append(name).Append('\n');
                Visit(child, depth + 1);
            }
        }
    }

    private sealed class Names(List<(string, NodeId)> names) : IDirectorySink
    {
        public bool Add(in DirectoryEntry entry)
        {
            names.Add((Encoding.Latin1.GetString(entry.Name), entry.Node));
            return true;
        }
    }
}
