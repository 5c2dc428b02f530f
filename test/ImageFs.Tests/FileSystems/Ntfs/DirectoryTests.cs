using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>Directories of NTFS: looked up by their order, listed as they lie, and read though a part is damaged.</summary>
internal sealed class DirectoryTests
{
    private const int IndexRecordSize = 4096;
    private const ushort CaseSensitive = 1;

    [Test]
    public void Every_name_that_is_listed_is_found_by_the_order_of_the_index()
    {
        var image = new NtfsImage();
        FileSystem fileSystem = image.Open();
        foreach (string path in (string[])["most-names", "names", "letters", "gaps", "linked", "attributes", "d1"])
        {
            Assert.That(fileSystem.TryLookup(fileSystem.Root, Encoding.UTF8.GetBytes(path), out NodeId directory), path);
            List<(byte[] Name, NodeId Node)> names = List(fileSystem, directory);
            Assert.That(names, Has.Count.GreaterThan(2));
            foreach ((byte[] name, NodeId node) in names)
            {
                Assert.That(fileSystem.TryLookup(directory, name, out NodeId found), Encoding.UTF8.GetString(name));
                Assert.That(found, Is.EqualTo(node), Encoding.UTF8.GetString(name));
                Assert.That(fileSystem.TryLookup(directory, [.. name, (byte)'~', (byte)'!'], out _), Is.False);
            }
        }
    }

    [Test]
    public void A_lookup_reads_a_record_of_each_level_and_no_more()
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("gaps"));
        var source = new RecordingReads(image.Bytes);
        FileSystem fileSystem = new NtfsFormat().Open(source, OpenContext.Of("cache-size=64K"));
        source.Clear();
        Assert.That(fileSystem.TryLookup(directory, Encoding.UTF8.GetBytes("00110-" + new string('g', 60)), out _));
        Assert.That(source.Reads, Is.LessThan(8), "of the file records of both, and of the index");
    }

    [Test]
    public void Which_index_records_are_used_is_read_for_a_listing_and_not_for_a_lookup()
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("most-names"));
        byte[] name = List(image.Open(), directory)[40].Name;
        image.SetAttributes((long)directory.Value, image.Attributes((long)directory.Value).Where(attribute => NtfsImage.TypeOf(attribute) != AttributeType.Bitmap));
        FileSystem fileSystem = image.Open();
        Assert.That(fileSystem.TryLookup(directory, name, out _));
        Assert.That(() => List(fileSystem, directory), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("does not tell which of its records are used"));
    }

    [Test]
    public void A_damaged_index_record_hides_its_own_names_only_and_is_told_at_the_end()
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("most-names"));
        List<(byte[] Name, NodeId Node)> all = List(image.Open(), directory);
        int at = FindIndexRecord(image, directory);
        image.Bytes[at + 511] ^= 1;
        FileSystem fileSystem = image.Open();
        var names = new List<(byte[], NodeId)>();
        Assert.That(() => ListInto(fileSystem, directory, names), Throws.InstanceOf<InvalidImageException>().With.Message.Contains($"index record at 0x{at:X}"));
        Assert.That(names, Has.Count.InRange(3, all.Count - 1));
        foreach ((byte[] name, NodeId node) in names)
        {
            Assert.That(fileSystem.TryLookup(directory, name, out NodeId found));
            Assert.That(found, Is.EqualTo(node));
        }

        // Whatever was there: that it does not exist would be a guess.
        foreach ((byte[] name, _) in all.ExceptBy(names.Select(entry => entry.Item2), entry => entry.Node))
        {
            Assert.That(() => fileSystem.TryLookup(directory, name, out _), Throws.InstanceOf<InvalidImageException>());
        }
    }

    [Test]
    public void An_index_that_leads_back_to_itself_is_an_error_soon()
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("most-names"));
        int at = FindIndexRecord(image, directory);
        Span<byte> record = image.Bytes.AsSpan(at, IndexRecordSize);
        Assert.That(UpdateSequence.Apply(record), Is.Null);

        // Each of its entries gets a child: the record itself.
        ulong own = BinaryPrimitives.ReadUInt64LittleEndian(record[16..]);
        int first = 0x18 + BinaryPrimitives.ReadInt32LittleEndian(record[0x18..]);
        Span<byte> last = record[first..];
        last[..24].Clear();
        NtfsImage.Put16(last, 8, 24);
        NtfsImage.Put16(last, 12, 3);
        BinaryPrimitives.WriteUInt64LittleEndian(last[16..], own);
        BinaryPrimitives.WriteInt32LittleEndian(record[0x1C..], first - 0x18 + 24);
        NtfsImage.Protect(record);
        FileSystem fileSystem = image.Open();
        int answered = 0;
        for (int i = 0; i < 400; i++)
        {
            try
            {
                fileSystem.TryLookup(directory, Encoding.ASCII.GetBytes($"{i * 7919 % 100003:D6}.{new string('t', i % 40)}"), out _);
                answered++;
            }
            catch (InvalidImageException)
            {
            }
        }

        Assert.That(answered, Is.GreaterThan(0));
    }

    [Test]
    public void A_name_that_is_listed_does_not_show_the_file_that_its_record_is_of_by_now()
    {
        var image = new NtfsImage();
        byte[] raw = image.Raw(image.Find("file-4097")).ToArray();
        Assert.That(UpdateSequence.Apply(raw), Is.Null);
        NtfsImage.Put16(raw, 16, 55);
        NtfsImage.Protect(raw);
        raw.CopyTo(image.Raw(image.Find("file-4097")));
        FileSystem fileSystem = image.Open();
        NodeId node = List(fileSystem, fileSystem.Root).Single(entry => Encoding.UTF8.GetString(entry.Name) == "file-4097").Node;
        Assert.That(() => fileSystem.GetAttributes(node), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("sequence number is 55"));
        Assert.That(() => fileSystem.OpenFile(node), Throws.InstanceOf<InvalidImageException>());
    }

    [Test]
    public void An_entry_that_leads_behind_the_table_is_damage_and_no_other_file()
    {
        var image = new NtfsImage();
        long directory = image.Find("d4");
        image.Change(directory, AttributeType.IndexRoot, root =>
        {
            // The first entry, behind the heads of attribute, root and node: a stream of file 64, if its upper bits were taken for one.
            root = [.. root];
            BinaryPrimitives.WriteUInt64LittleEndian(root.AsSpan(BinaryPrimitives.ReadUInt16LittleEndian(root.AsSpan(20)) + 32), 64 | (1UL << 40));
            return root;
        });
        var names = new List<(byte[], NodeId)>();
        Assert.That(() => ListInto(image.Open(), new NodeId((ulong)directory), names), Throws.InstanceOf<InvalidImageException>().With.Message.Contains($"leads to file record {64 + (1L << 40)}-0, and there are"));
        Assert.That(names, Has.Count.GreaterThanOrEqualTo(2), "the others");
    }

    [Test]
    public void An_index_of_more_bytes_than_the_volume_is_damage()
    {
        var image = new NtfsImage();
        long directory = image.Find("most-names");
        image.Change(directory, AttributeType.IndexAllocation, _ =>
            NtfsImage.NonResident(AttributeType.IndexAllocation, [.. Enumerable.Repeat((2000L, 1L), 4)], size: 8000L * NtfsImage.ClusterSize, name: "$I30"));
        Assert.That(() => List(image.Open(), new NodeId((ulong)directory)), Throws.InstanceOf<InvalidImageException>().With.Message.Contains("it has 32768000 bytes"));
    }

    [TestCase("", false)]
    [TestCase("nocase", true)]
    public void Case_of_letters_counts_by_the_option_and_by_the_directory(string options, bool isFound)
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("d60"));
        byte[] name = List(image.Open(), directory)[2].Name;
        byte[] other = Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(name).ToUpperInvariant());
        Assert.That(image.Open(options).TryLookup(directory, other, out _), Is.EqualTo(isFound));
        image.Change((long)directory.Value, AttributeType.StandardInformation, attribute =>
        {
            NtfsImage.Put16(attribute, 24 + 40, CaseSensitive);
            return attribute;
        });
        Assert.That(image.Open(options).TryLookup(directory, other, out _), Is.False, "as WSL makes them");
        Assert.That(image.Open(options).TryLookup(directory, name, out _));
    }

    [Test]
    public void Names_in_another_character_set_are_found_as_they_are_shown()
    {
        var image = new NtfsImage();
        NodeId directory = new((ulong)image.Find("letters"));
        FileSystem fileSystem = image.Open("iocharset=iso8859-1");
        List<(byte[] Name, NodeId Node)> names = List(fileSystem, directory);
        Assert.That(names.Select(entry => Encoding.Latin1.GetString(entry.Name)), Does.Contain("\u00BE").And.Contains("_"));
        foreach ((byte[] name, NodeId node) in names)
        {
            Assert.That(fileSystem.TryLookup(directory, name, out NodeId found));
            Assert.That(found, name is [(byte)'_'] ? Is.Not.EqualTo(directory) : Is.EqualTo(node));
        }
    }

    [Test]
    public void A_file_is_no_directory_and_a_directory_no_file()
    {
        var image = new NtfsImage();
        FileSystem fileSystem = image.Open();
        NodeId file = new((ulong)image.Find("file-4097"));
        Assert.That(() => List(fileSystem, file), Throws.InstanceOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOTDIR));
        Assert.That(() => fileSystem.OpenFile(fileSystem.Root), Throws.InstanceOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EISDIR));
        Assert.That(() => fileSystem.GetAttributes(new NodeId(1UL << 50)), Throws.InstanceOf<InvalidImageException>());
        Assert.That(() => fileSystem.GetAttributes(new NodeId(ulong.MaxValue)), Throws.InstanceOf<InvalidImageException>());
    }

    // The first record of its index that is used, which is no root of a part.
    private static int FindIndexRecord(NtfsImage image, NodeId directory)
    {
        byte[] allocation = image.Attributes((long)directory.Value).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.IndexAllocation);
        var runs = new DataRunReader(new AttributeRecord(allocation).Runs);
        Assert.That(runs.MoveNext());
        return (int)runs.Current.Cluster * NtfsImage.ClusterSize;
    }

    private static List<(byte[] Name, NodeId Node)> List(FileSystem fileSystem, NodeId directory)
    {
        var names = new List<(byte[], NodeId)>();
        ListInto(fileSystem, directory, names);
        return names;
    }

    private static void ListInto(FileSystem fileSystem, NodeId directory, List<(byte[], NodeId)> names)
    {
        var sink = new Names(names);
        long position = 0;
        do
        {
            sink.Count = 0;
            fileSystem.ReadDirectory(directory, position, sink);
            position = sink.Position;
        }
        while (sink.Count > 0);
    }

    // As readdir(3) asks: some at a time.
    private sealed class Names(List<(byte[], NodeId)> names) : IDirectorySink
    {
        private const int AtOnce = 7;

        public int Count { get; set; }

        public long Position { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Count == AtOnce)
            {
                return false;
            }

            Count++;
            Position = entry.NextPosition;
            names.Add((entry.Name.ToArray(), entry.Node));
            return true;
        }
    }

    private sealed class RecordingReads(byte[] bytes) : BlockSource
    {
        public int Reads { get; private set; }

        public override long Length => bytes.Length;

        public void Clear() => Reads = 0;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = this;
            return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
        }

        protected internal override void ReadOwn(long offset, Span<byte> destination)
        {
            Reads++;
            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
    }
}
