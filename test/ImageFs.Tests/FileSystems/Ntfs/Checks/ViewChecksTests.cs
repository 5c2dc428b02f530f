using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs.Checks;

/// <summary><c>verify</c> of NTFS: what is no directory but an index or a journal, each found when it is damaged.</summary>
internal sealed class ViewChecksTests
{
    private const long Extend = 11;
    private const int CopyDistance = 256 << 10;
    private const int SecurityHeadLength = 20;
    private const uint Tag = 0x8000_0023;

    [Test]
    public void A_security_descriptor_that_does_not_have_its_hash_is_found_and_so_is_a_copy_that_differs()
    {
        var image = new NtfsImage();
        BytesOfSecurity(image, 0)[SecurityHeadLength + 4] ^= 1;
        Assert.That(Check(image), Has.Count.EqualTo(2).And.One.Match("^\\$SDS at 0x[0-9A-F]+: the hash of descriptor 256 is 0x[0-9A-F]{8}, not 0x[0-9A-F]{8} \\(linux-ntfs, \\$Secure\\)$")
            .And.One.EndsWith("the copy of descriptor 256 at 262144 is another (linux-ntfs, $Secure)"));
        image = new NtfsImage();
        BytesOfSecurity(image, CopyDistance)[SecurityHeadLength + 4] ^= 1;
        Assert.That(Check(image), Has.Count.EqualTo(1).And.One.Contains("the copy of descriptor 256 at 262144 is another"));
        image = new NtfsImage();
        BytesOfSecurity(image, 0)[4] ^= 1;
        Assert.That(Check(image), Has.One.Contains("the head of descriptor 256 is not what $SII has"));
    }

    [Test]
    public void Indexes_of_security_descriptors_that_differ_are_found()
    {
        var image = new NtfsImage();
        Change(image, SystemFiles.Security, AttributeType.IndexRoot, "$SDH", root => Entry(root)[^4] ^= 1);
        Assert.That(Check(image), Has.Some.Contains("is not what $SII has").And.Some.Contains("it has not the descriptor 25"));
        image = new NtfsImage();
        Change(image, SystemFiles.Security, AttributeType.IndexRoot, "$SII", root => BinaryPrimitives.WriteInt32LittleEndian(Entry(root)[^4..], 1 << 20));
        Assert.That(Check(image), Has.Some.Contains("has 1048576 bytes at 0 of $SDS, where none can be"));
    }

    [Test]
    public void A_security_descriptor_of_a_file_that_nobody_has_is_found()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        image.Change(record, AttributeType.StandardInformation, attribute =>
        {
            // Of NTFS 3.0: with a number behind what 1.2 has.
            byte[] value = [.. attribute[24..72], .. new byte[24]];
            BinaryPrimitives.WriteInt32LittleEndian(value.AsSpan(52), 0x7777);
            return NtfsImage.Resident(AttributeType.StandardInformation, value);
        });
        Assert.That(Check(image), Has.One.StartsWith($"file record {record} at 0x").And.One.Contains("its security descriptor 30583 is not in $Secure"));
    }

    [Test]
    public void A_reparse_point_that_is_not_listed_is_found_and_one_that_is_listed_and_not_there()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        byte[] point = NtfsImage.Resident(AttributeType.ReparsePoint, [.. BitConverter.GetBytes(Tag), .. new byte[4]]);
        image.SetAttributes(record, [.. image.Attributes(record), point]);
        Assert.That(Check(image), Has.Count.EqualTo(1).And.One.EqualTo($"file record {record}: its reparse point of tag 0x80000023 is not in $Reparse (linux-ntfs, Index Record)"));

        ulong reference = (ulong)record | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(image.Raw(record)[16..]) << 48);
        AddEntry(image, Extension(image, "$Reparse"), "$R", [.. BitConverter.GetBytes(Tag), .. BitConverter.GetBytes(reference)], []);
        Assert.That(Check(image), Is.Empty, "listed as it is");

        image.SetAttributes(record, image.Attributes(record).Where(attribute => NtfsImage.TypeOf(attribute) != AttributeType.ReparsePoint));
        Assert.That(Check(image), Has.Count.EqualTo(1).And.One.StartsWith($"$Reparse: a reparse point of tag 0x80000023 leads to {record}-"));
    }

    [Test]
    public void An_object_identifier_that_is_listed_and_not_there_is_found()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        ulong reference = (ulong)record | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(image.Raw(record)[16..]) << 48);
        AddEntry(image, Extension(image, "$ObjId"), "$O", id.ToByteArray(), [.. BitConverter.GetBytes(reference), .. new byte[48]]);
        Assert.That(Check(image), Has.One.StartsWith($"$ObjId: an object identifier {id} leads to {record}-"));
        List<byte[]> attributes = image.Attributes(record);
        image.SetAttributes(record, [.. attributes.Take(2), NtfsImage.Resident(AttributeType.ObjectId, id.ToByteArray()), .. attributes.Skip(2)]);
        Assert.That(Check(image), Is.Empty, "listed as it is");
    }

    [Test]
    public void An_owner_of_a_quota_that_leads_nowhere_is_found()
    {
        var image = new NtfsImage();
        AddEntry(image, Extension(image, "$Quota"), "$O", [1, 1, 0, 0, 0, 0, 0, 5, 200, 0, 0, 0], BitConverter.GetBytes(9999));
        Assert.That(Check(image), Has.One.Contains("its index $O leads to 9999, which is not of that owner in $Q"));
    }

    [Test]
    public void A_change_journal_is_gone_through_and_a_record_that_is_not_where_it_says_is_found()
    {
        var image = new NtfsImage();
        (long record, int free) = MakeChangeJournal(image);
        byte[] first = Change(4096);
        byte[] second = Change(4096 + first.Length);
        image.Cluster(free).Clear();
        ((byte[])[.. first, .. second]).CopyTo(image.Cluster(free));
        var runs = new List<CheckRun>();
        Assert.That(Check(image, runs), Is.Empty);
        Assert.That(runs.Select(run => run.Extent), Has.Some.EqualTo("2 changes"));

        image.Cluster(free)[first.Length + 24] ^= 8;
        Assert.That(Check(image), Has.Count.EqualTo(1).And.One.StartsWith($"$UsnJrnl at 0x{(free * NtfsImage.ClusterSize) + first.Length:X}: a record says to be at"));
        image.Cluster(free)[first.Length + 24] ^= 8;
        image.Cluster(free)[56] = 200;
        Assert.That(Check(image), Has.One.Contains("the name of a record runs past its end"));
        image.Cluster(free)[0] = 5;
        Assert.That(Check(image), Has.One.Contains("a record of 5 bytes"));
        image.SetAttributes(record, image.Attributes(record).Where(attribute => new AttributeRecord(attribute).Name is not "$Max"));
        Assert.That(Check(image), Has.One.Contains("it does not tell its sizes ($Max)"));
    }

    [Test]
    public void A_journal_without_a_good_restart_page_is_found()
    {
        var image = new NtfsImage();
        long log = image.Open().OpenFile(new NodeId(SystemFiles.Log)).Map(0, 1, out _).Address;
        image.Cluster(log / NtfsImage.ClusterSize, 2).Fill(0x20);
        Assert.That(Check(image), Has.One.StartsWith("file record 2 at 0x").And.One.Contains("it has not the mark of a restart page"));
    }

    // Where $SDS has a byte.
    private static Span<byte> BytesOfSecurity(NtfsImage image, long offset)
    {
        long address = image.Open("showmeta").OpenFile(new NodeId(SystemFiles.Security)).Map(offset, 1, out _).Address;
        return image.Bytes.AsSpan((int)address);
    }

    private static long Extension(NtfsImage image, string name)
    {
        FileSystem fileSystem = image.Open("showmeta");
        Assert.That(fileSystem.TryLookup(new NodeId(Extend), Encoding.UTF8.GetBytes(name), out NodeId node), name);
        return new NtfsNode(node).Record;
    }

    private static void Change(NtfsImage image, long record, AttributeType type, string name, Action<byte[]> change) => image.Change(record, type, attribute =>
    {
        attribute = [.. attribute];
        if (new AttributeRecord(attribute).Name.SequenceEqual(name))
        {
            change(attribute);
        }

        return attribute;
    });

    // The value of the first entry of an index root: it begins where the entry says, and has a length.
    private static Span<byte> Entry(byte[] root)
    {
        int at = BinaryPrimitives.ReadUInt16LittleEndian(root.AsSpan(20)) + 32;
        return root.AsSpan(at + BinaryPrimitives.ReadUInt16LittleEndian(root.AsSpan(at)), BinaryPrimitives.ReadUInt16LittleEndian(root.AsSpan(at + 2)));
    }

    // As the only entry of an index root that has none: before the last, which has no key.
    private static void AddEntry(NtfsImage image, long record, string name, byte[] key, byte[] value) => image.SetAttributes(record, image.Attributes(record).Select(attribute =>
    {
        if (NtfsImage.TypeOf(attribute) != AttributeType.IndexRoot || !new AttributeRecord(attribute).Name.SequenceEqual(name))
        {
            return attribute;
        }

        byte[] root = new AttributeRecord(attribute).Value.ToArray();
        int valueAt = (16 + key.Length + 3) & -4;
        byte[] entry = new byte[(valueAt + value.Length + 7) & -8];
        NtfsImage.Put16(entry, 0, (ushort)valueAt);
        NtfsImage.Put16(entry, 2, (ushort)value.Length);
        NtfsImage.Put16(entry, 8, (ushort)entry.Length);
        NtfsImage.Put16(entry, 10, (ushort)key.Length);
        key.CopyTo(entry, 16);
        value.CopyTo(entry, valueAt);
        byte[] last = new byte[16];
        NtfsImage.Put16(last, 8, 16);
        NtfsImage.Put16(last, 12, 2);
        root = [.. root[..32], .. entry, .. last];
        BinaryPrimitives.WriteInt32LittleEndian(root.AsSpan(20), root.Length - 16);
        BinaryPrimitives.WriteInt32LittleEndian(root.AsSpan(24), root.Length - 16);
        return NtfsImage.Resident(AttributeType.IndexRoot, root, name);
    }).ToList());

    // $Reparse gets another name, of as many letters and in the same place, and the streams of the journal.
    private static (long Record, int Cluster) MakeChangeJournal(NtfsImage image)
    {
        int bits = RunOf(image.Attributes(SystemFiles.Bitmap).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Data));
        int free = 8 * image.Cluster(bits).IndexOf((byte)0);
        image.Cluster(bits)[free / 8] = 1;
        long record = Extension(image, "$Reparse");
        Rename(image, Extend, AttributeType.IndexRoot);
        Rename(image, record, AttributeType.FileName);
        image.SetAttributes(record,
        [
            .. image.Attributes(record).Where(attribute => NtfsImage.TypeOf(attribute) < AttributeType.Data),
            NtfsImage.NonResident(AttributeType.Data, [(1, -1), (1, free)], size: 2 * NtfsImage.ClusterSize, name: "$J"),
            NtfsImage.Resident(AttributeType.Data, new byte[32], "$Max"),
            .. image.Attributes(record).Where(attribute => NtfsImage.TypeOf(attribute) > AttributeType.Data),
        ]);
        return (record, free);
    }

    private static void Rename(NtfsImage image, long record, AttributeType type) => image.Change(record, type, attribute =>
    {
        attribute = [.. attribute];
        int at = attribute.AsSpan().IndexOf(Encoding.Unicode.GetBytes("$Reparse"));
        Encoding.Unicode.GetBytes("$UsnJrnl").CopyTo(attribute, at);
        return attribute;
    });

    // USN_RECORD_V2.
    private static byte[] Change(long usn)
    {
        byte[] name = Encoding.Unicode.GetBytes("file");
        byte[] bytes = new byte[(60 + name.Length + 7) & -8];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        NtfsImage.Put16(bytes, 4, 2);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), usn);
        NtfsImage.Put16(bytes, 56, (ushort)name.Length);
        NtfsImage.Put16(bytes, 58, 60);
        name.CopyTo(bytes, 60);
        return bytes;
    }

    private static int RunOf(byte[] attribute)
    {
        var runs = new DataRunReader(new AttributeRecord(attribute).Runs);
        Assert.That(runs.MoveNext());
        return (int)runs.Current.Cluster;
    }

    private static List<string> Check(NtfsImage image, List<CheckRun>? runs = null)
    {
        var findings = new List<string>();
        foreach (Check check in image.Open().Checks.Structures.Where(check => check.Run is not null))
        {
            var run = new CheckRun(finding => findings.Add(finding.ToString()), _ => { });
            check.Run!(run);
            runs?.Add(run);
        }

        return findings;
    }
}
