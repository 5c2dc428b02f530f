using System.Buffers.Binary;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Storage.Checking;

namespace ImageFs.Tests.FileSystems.Ntfs.Checks;

/// <summary><c>verify</c> of NTFS: each of its checks finds what is damaged, and nothing where ntfsresize finds nothing.</summary>
internal sealed class NtfsChecksTests
{
    private const long BitmapRecord = 6;

    [Test]
    public void A_sound_volume_has_no_findings() => Assert.That(Check(new NtfsImage()), Is.Empty);

    [Test]
    public void A_copy_of_the_boot_sector_that_differs_is_found()
    {
        var image = new NtfsImage();
        image.Bytes[^400] ^= 1;
        Assert.That(Check(image), Has.One.StartsWith("copy of the boot sector at 0x"));
    }

    // mkntfs puts the 512 bytes at the end of the sector behind the volume.
    [Test]
    public void Of_a_volume_with_sectors_of_256_bytes_the_copy_begins_in_the_last_one_of_it()
    {
        var image = new NtfsImage();
        NtfsImage.Put16(image.Bytes, 11, 256);
        image.Bytes[13] *= 2;
        long sectors = BinaryPrimitives.ReadInt64LittleEndian(image.Bytes.AsSpan(40));
        BinaryPrimitives.WriteInt64LittleEndian(image.Bytes.AsSpan(40), sectors * 2);
        image.Bytes.AsSpan(0, 512).CopyTo(image.Bytes.AsSpan((int)(sectors * 512) - 256));
        Assert.That(Check(image), Is.Empty);
        image.Bytes[(int)(sectors * 512) - 200] ^= 1;
        Assert.That(Check(image), Has.One.StartsWith($"copy of the boot sector at 0x{(sectors * 512) - 256:X}: from byte 56 on"));
    }

    [Test]
    public void A_copy_of_a_record_that_differs_is_found()
    {
        var image = new NtfsImage();
        image.Bytes[(int)(BinaryPrimitives.ReadInt64LittleEndian(image.Bytes.AsSpan(0x38)) * NtfsImage.ClusterSize) + (2 * NtfsImage.RecordSize) + 300] ^= 1;
        Assert.That(Check(image), Has.One.StartsWith("copy of file record 2 at 0x"));
    }

    [Test]
    public void A_record_that_is_damaged_is_found_and_the_others_are_checked()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        image.Raw(record)[511] ^= 1;
        image.Raw(image.Find("file-8"))[24] = 0xFF;
        Assert.That(Check(image), Has.Some.StartsWith($"file record {record} at 0x"));
    }

    [Test]
    public void A_record_that_is_in_use_and_free_is_found()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        byte[] bits = image.Attributes(0).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Bitmap);
        int cluster = RunOf(bits);
        image.Cluster(cluster)[(int)(record / 8)] ^= (byte)(1 << (int)(record % 8));
        Assert.That(Check(image), Has.One.StartsWith($"file record {record} at 0x").And.EndsWith("it is in use, and $MFT has it as free (linux-ntfs, $MFT)"));
    }

    [Test]
    public void A_record_that_counts_other_names_is_found()
    {
        var image = new NtfsImage();
        long record = image.Find("linked/first");
        byte[] raw = [.. image.Raw(record)];
        NtfsImage.Put16(raw, 18, 2);
        raw.CopyTo(image.Raw(record));
        Assert.That(Check(image), Has.One.StartsWith($"file record {record} at 0x").And.Contains("it counts 2 names, and has"));
    }

    [Test]
    public void Clusters_that_are_lost_or_not_marked_are_found()
    {
        var image = new NtfsImage();
        int file = RunOf(image.Attributes(image.Find("file-4096")).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Data));
        int free = Enumerable.Range(0, 2000).First(cluster => !IsMarked(image, cluster));
        Mark(image, file);
        Mark(image, free);
        Assert.That(Check(image), Is.EquivalentTo((string[])
        [
            $"$Bitmap at 0x{file * NtfsImage.ClusterSize:X}: clusters {file} to {file} are of files, and marked as free (linux-ntfs, $Bitmap)",
            $"$Bitmap at 0x{free * NtfsImage.ClusterSize:X}: clusters {free} to {free} are marked as used, and no file has them (linux-ntfs, $Bitmap)",
        ]));
    }

    [Test]
    public void Clusters_of_two_files_are_found()
    {
        var image = new NtfsImage();
        long other = image.Find("file-4097");
        int taken = RunOf(image.Attributes(image.Find("file-4096")).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Data));
        image.Change(other, AttributeType.Data, _ => NtfsImage.NonResident(AttributeType.Data, [(1, taken)], 4096));
        Assert.That(Check(image), Has.One.Contains($"1 clusters of its attribute of type 0x80, from cluster {taken} on, are of another one too"));
    }

    [Test]
    public void A_name_that_no_directory_has_is_found_and_one_that_no_file_has()
    {
        var image = new NtfsImage();
        long record = image.Find("file-4096");
        image.Change(record, AttributeType.FileName, name =>
        {
            name = [.. name];
            name[^(name.Length - Array.LastIndexOf(name, (byte)'6'))] = (byte)'7';
            return name;
        });
        Assert.That(Check(image), Has.One.StartsWith($"file record {record}: its name 'file-4097' is not in the index of its directory 5-")
            .And.One.StartsWith("index of file record 5: its name 'file-4096' leads to " + record));
    }

    [Test]
    public void Names_out_of_order_are_found()
    {
        var image = new NtfsImage();
        long record = image.Find("d4");
        image.Change(record, AttributeType.IndexRoot, root =>
        {
            // The first letter of the last name.
            root = [.. root];
            int at = Array.LastIndexOf(root, (byte)'n');
            root[at] = (byte)'A';
            return root;
        });
        Assert.That(Check(image), Has.Some.StartsWith($"index of file record {record} at 0x").And.Some.Contains("follows on"));
    }

    [Test]
    public void Records_of_an_index_that_nothing_leads_to_are_found()
    {
        var image = new NtfsImage();
        long record = image.Find("names");
        image.Change(record, AttributeType.Bitmap, bits =>
        {
            bits = [.. bits];
            bits[BinaryPrimitives.ReadUInt16LittleEndian(bits.AsSpan(20))] ^= 1;
            return bits;
        });
        Assert.That(Check(image), Has.One.Contains("its record 0 is marked as free, and an entry leads to it"));
    }

    private static List<string> Check(NtfsImage image)
    {
        var findings = new List<string>();
        foreach (Check check in image.Open().Checks.Structures.Where(check => check.Run is not null))
        {
            check.Run!(new CheckRun(finding => findings.Add(finding.ToString()), _ => { }));
        }

        return findings;
    }

    // The cluster of the first run of an attribute.
    private static int RunOf(byte[] attribute)
    {
        var runs = new DataRunReader(new AttributeRecord(attribute).Runs);
        Assert.That(runs.MoveNext());
        return (int)runs.Current.Cluster;
    }

    private static bool IsMarked(NtfsImage image, int cluster) => (BitsOf(image)[cluster / 8] >> (cluster % 8) & 1) != 0;

    private static void Mark(NtfsImage image, int cluster) => BitsOf(image)[cluster / 8] ^= (byte)(1 << (cluster % 8));

    private static Span<byte> BitsOf(NtfsImage image) =>
        image.Cluster(RunOf(image.Attributes(BitmapRecord).Single(attribute => NtfsImage.TypeOf(attribute) == AttributeType.Data)));
}
