using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes;

/// <summary>Partition tables made byte by byte; the mount tests compare with sfdisk.</summary>
public sealed class PartitionTableTests
{
    private static readonly Guid s_efiSystem = new("c12a7328-f81f-11d2-ba4b-00a0c93ec93b");
    private static readonly Guid s_linux = new("0fc63daf-8483-4772-8e79-3d69d8477de4");

    private List<string> _warnings = [];

    [SetUp]
    public void Clear() => _warnings = [];

    [Test]
    public void A_disk_without_a_signature_has_no_table()
    {
        Assert.That(Read(new byte[1 << 20]), Is.Null);
        Assert.That(Read(new byte[100]), Is.Null);
    }

    [Test]
    public void Primary_partitions_are_read_in_bytes()
    {
        byte[] disk = Mbr((0x80, 0x17, 0, 80), (0, 0xEF, 64, 16));
        PartitionTable table = Read(disk)!;

        Assert.That(table.Kind, Is.EqualTo("dos"));
        Assert.That(table.Id, Is.EqualTo("12345678"));
        Assert.That(table.Partitions, Is.EqualTo((Partition[])
        [
            new(1, 0, 80 * 512, "0x17") { IsBootable = true, Uuid = "12345678-01" },
            new(2, 64 * 512, 16 * 512, "0xef") { Uuid = "12345678-02" },
        ]));
    }

    [Test]
    public void A_boot_sector_that_is_no_table_is_none()
    {
        byte[] disk = Mbr((0x42, 0x17, 0, 80));
        Assert.That(Read(disk), Is.Null);
    }

    [Test]
    public void Logical_partitions_are_followed_and_numbered_from_5()
    {
        byte[] disk = Mbr((0, 0x05, 100, 200));
        PutEntry(disk, 100, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 100, 1, (0, 0x05, 50, 20));
        PutEntry(disk, 150, 0, (0, 0x82, 3, 11));
        PartitionTable table = Read(disk)!;

        Assert.That(table.Partitions.Select(p => (p.Number, p.Start / 512, p.Length / 512, p.Type)), Is.EqualTo(((int, long, long, string)[])
            [(1, 100, 200, "0x05"), (5, 102, 10, "0x83"), (6, 153, 11, "0x82")]));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void A_chain_of_logical_partitions_that_leads_back_ends_there()
    {
        byte[] disk = Mbr((0, 0x05, 100, 200));
        PutEntry(disk, 100, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 100, 1, (0, 0x05, 50, 20));
        PutEntry(disk, 150, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 150, 1, (0, 0x05, 50, 20));
        PartitionTable table = Read(disk)!;

        Assert.That(table.Partitions, Has.Count.EqualTo(3));
        Assert.That(_warnings, Is.EqualTo((string[])["extended boot record at 0x12C00 leads backward to 0x12C00"]));
    }

    [TestCase(512, 128)]
    [TestCase(1024, 128)]
    [TestCase(2048, 128)]
    [TestCase(4096, 128)]
    [TestCase(512, 256)]
    public void A_GPT_is_read_with_names_and_identifiers(int sectorSize, int entrySize)
    {
        byte[] disk = Gpt(sectorSize, entrySize);
        PartitionTable table = Read(disk)!;

        Assert.That(table.Kind, Is.EqualTo("gpt"));
        Assert.That(table.Id, Is.EqualTo("00112233-4455-6677-8899-aabbccddeeff"));
        Assert.That(table.Partitions, Is.EqualTo((Partition[])
        [
            new(1, 40 * sectorSize, 10 * sectorSize, s_efiSystem.ToString()) { Name = "EFI", Uuid = "00000001-0000-0000-0000-000000000000" },
            new(3, 50 * sectorSize, 1 * sectorSize, s_linux.ToString()) { Name = "root ü", Uuid = "00000003-0000-0000-0000-000000000000", IsBootable = true },
        ]));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void Partitions_of_a_hybrid_MBR_are_those_of_the_GPT([Values(0, 1, 3)] int guard)
    {
        byte[] disk = Gpt(512, 128);
        PartitionTable table = Read(disk)!;
        for (int i = 0; i < 4; i++)
        {
            PutEntry(disk, 0, i, i == guard ? ((byte)0, (byte)0xEE, 1u, 39u) : ((byte)0x80, (byte)0x0C, 40u, 10u));
        }

        PartitionTable hybrid = Read(disk)!;
        Assert.That(hybrid.Kind, Is.EqualTo("gpt"));
        Assert.That(hybrid.Partitions, Is.EqualTo(table.Partitions));
    }

    [Test]
    public void A_broken_primary_header_is_replaced_by_the_backup_with_a_warning()
    {
        byte[] disk = Gpt(512, 128);
        disk[512 + 16] ^= 1;
        PartitionTable table = Read(disk)!;

        Assert.That(table.Partitions, Has.Count.EqualTo(2));
        Assert.That(_warnings.Single(), Does.StartWith("GPT header at 0x200: its checksum is wrong; the backup at 0x"));
    }

    [Test]
    public void Two_broken_headers_are_an_error_that_names_the_clause()
    {
        byte[] disk = Gpt(512, 128);
        disk[512 + 16] ^= 1;
        disk[disk.Length - 512 + 16] ^= 1;

        Assert.That(() => Read(disk), Throws.TypeOf<InvalidImageException>().With.Message.Contains("UEFI 5.3.2"));
    }

    [Test]
    public void Broken_entries_are_found_by_their_checksum()
    {
        byte[] disk = Gpt(512, 128);
        disk[1024] ^= 1;
        PartitionTable table = Read(disk)!;
        Assert.That(table.Partitions, Has.Count.EqualTo(2));
        Assert.That(_warnings.Single(), Does.StartWith("GPT header at 0x200: the checksum of its entries is wrong; the backup"));

        disk[disk.Length - (40 * 512)] ^= 1;
        Assert.That(() => Read(disk), Throws.TypeOf<InvalidImageException>().With.Message.Contains("checksum of its entries"));
    }

    [Test]
    public void No_flipped_byte_crashes_the_reader([Values(512, 4096)] int sectorSize)
    {
        byte[] sound = Gpt(sectorSize, 128);
        var random = new Random(7);
        var tally = new MutantTally();
        for (int round = 0; round < 3000; round++)
        {
            byte[] disk = (byte[])sound.Clone();
            for (int i = 0; i < 4; i++)
            {
                disk[random.Next(3 * sectorSize)] = (byte)random.Next(256);
            }

            tally.Next();
            try
            {
                if (Read(disk) is not null)
                {
                    tally.NoteOpened();
                }
            }
            catch (ImageException)
            {
                // The right answer to a damaged image.
            }
        }

        tally.AssertShares(opened: 50, read: 0);
    }

    [TestCase(1024)]
    [TestCase(2048)]
    [TestCase(4096)]
    public void A_sound_header_is_better_than_an_old_backup_of_another_sector_size(int sectorSize)
    {
        byte[] disk = Gpt(sectorSize, 128);
        byte[] old = Gpt(512, 128);
        old.AsSpan(216 * 512).CopyTo(disk.AsSpan(disk.Length - (40 * 512)));
        BinaryPrimitives.WriteUInt64LittleEndian(disk.AsSpan(disk.Length - 512 + 24), (ulong)((disk.Length / 512) - 1));
        BinaryPrimitives.WriteUInt64LittleEndian(disk.AsSpan(disk.Length - 512 + 72), (ulong)((disk.Length / 512) - 40));
        PutChecksum(disk.AsSpan(disk.Length - 512));

        Assert.That(Read(disk)!.SectorSize, Is.EqualTo(sectorSize));
        disk.AsSpan(sectorSize, 8).Clear();
        Assert.That(Read(disk)!.SectorSize, Is.EqualTo(512), "which is sound, too");
    }

    [TestCase(45ul, 44ul, "from sector 45 to 44")]
    [TestCase(40ul, 0ul, "from sector 40 to 0")]
    [TestCase(256ul, 256ul, "from sector 256 to 256 of a disk that ends with 255")]
    [TestCase(40ul, ulong.MaxValue, "of a disk that ends with 255")]
    [TestCase(ulong.MaxValue, ulong.MaxValue, "of a disk that ends with 255")]
    public void An_entry_of_a_GPT_that_cannot_be_takes_no_other_along(ulong first, ulong last, string said)
    {
        byte[] disk = Gpt(512, 128);
        foreach (int header in (int[])[512, 255 * 512])
        {
            int entries = (int)BinaryPrimitives.ReadUInt64LittleEndian(disk.AsSpan(header + 72)) * 512;
            PutGptEntry(disk.AsSpan(entries + 128), s_linux, 2, first, last, 0, "bad");
            BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(header + 88), Crc32.HashToUInt32(disk.AsSpan(entries, 8 * 128)));
            PutChecksum(disk.AsSpan(header));
        }

        Assert.That(Read(disk)!.Partitions.Select(partition => partition.Number), Is.EqualTo((int[])[1, 3]));
        Assert.That(_warnings.Single(), Does.StartWith("GPT entry 2 goes").And.Contains(said).And.EndsWith("it is left out"));
        Assert.That(PartitionChecks.Of(new MemorySource(disk), new SectorSizes()).SelectMany(Findings), Has.Exactly(1).Items, "verify tells once");
    }

    [Test]
    public void An_entry_of_a_GPT_that_begins_on_the_disk_and_ends_behind_it_is_kept()
    {
        byte[] disk = Gpt(512, 128);
        foreach (int header in (int[])[512, 255 * 512])
        {
            int entries = (int)BinaryPrimitives.ReadUInt64LittleEndian(disk.AsSpan(header + 72)) * 512;
            PutGptEntry(disk.AsSpan(entries + 128), s_linux, 2, 40, 300, 0, "long");
            BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(header + 88), Crc32.HashToUInt32(disk.AsSpan(entries, 8 * 128)));
            PutChecksum(disk.AsSpan(header));
        }

        Assert.That(Read(disk)!.Partitions.Select(partition => partition.Number), Is.EqualTo((int[])[1, 2, 3]));
        Assert.That(_warnings, Is.Empty);
        Assert.That(PartitionChecks.Of(new MemorySource(disk), new SectorSizes()).SelectMany(Findings).Select(finding => finding.ToString()), Has.Some.Contains("it is cut short"));
    }

    [Test]
    public void An_image_of_a_GPT_that_was_cut_short_keeps_its_partitions()
    {
        byte[] disk = Gpt(512, 128)[..(45 * 512)];
        Assert.That(Read(disk)!.Partitions, Has.Count.EqualTo(2));
        Assert.That(_warnings, Is.Empty);
    }

    [TestCase(512)]
    [TestCase(1024)]
    [TestCase(2048)]
    [TestCase(4096)]
    public void An_MBR_counts_by_what_its_partitions_begin_with(int sectorSize)
    {
        byte[] disk = Mbr((0, 0x83, 20, 10), (0, 0x83, 50, 30));
        "VOLUME"u8.CopyTo(disk.AsSpan(50 * sectorSize));
        PartitionTable table = Read(disk)!;

        Assert.That(table.SectorSize, Is.EqualTo(sectorSize));
        Assert.That(table.Partitions[1], Is.EqualTo(new Partition(2, 50 * sectorSize, 30 * sectorSize, "0x83") { Uuid = "12345678-02" }));
        Assert.That(Read(disk[..(51 * sectorSize)])!.SectorSize, Is.EqualTo(sectorSize), "of an image that was cut short, too");
        Assert.That(Read(disk, new SectorSizes(Stated: 1024))!.SectorSize, Is.EqualTo(1024));
        Assert.That(_warnings, Is.Empty);
    }

    [TestCase(512)]
    [TestCase(1024)]
    [TestCase(2048)]
    [TestCase(4096)]
    public void Partitions_that_begin_at_multiples_of_each_other_tell_by_their_number(int sectorSize)
    {
        byte[] disk = Mbr((0, 0x83, 12, 10), (0, 0x83, 24, 20), (0, 0x83, 48, 40));
        foreach (int sector in (int[])[12, 24, 48])
        {
            "VOLUME"u8.CopyTo(disk.AsSpan(sector * sectorSize));
        }

        Assert.That(Read(disk)!.SectorSize, Is.EqualTo(sectorSize));
    }

    [Test]
    public void A_table_that_ends_with_the_disk_counts_in_the_usual_sectors()
    {
        byte[] disk = Mbr((0, 0xCD, 1, 1023));
        "VOLUME"u8.CopyTo(disk.AsSpan(2048));
        PartitionTable table = Read(disk)!;
        Assert.That((table.SectorSize, table.Partitions[0].Length), Is.EqualTo((512, disk.Length - 512)));
    }

    [TestCase(512)]
    [TestCase(1024)]
    [TestCase(2048)]
    [TestCase(4096)]
    public void A_chain_of_logical_partitions_counts_as_the_MBR_does(int sectorSize)
    {
        byte[] disk = Mbr((0, 0x05, 20, 80));
        int scale = sectorSize / 512;
        PutEntry(disk, 20 * scale, 1, (0, 0x05, 30, 20));
        PutEntry(disk, 50 * scale, 0, (0, 0x83, 2, 10));
        PartitionTable table = Read(disk)!;

        Assert.That(table.SectorSize, Is.EqualTo(sectorSize));
        Assert.That(table.Partitions[1], Is.EqualTo(new Partition(5, 52 * sectorSize, 10 * sectorSize, "0x83") { Uuid = "12345678-05" }));
    }

    [Test]
    public void The_sectors_of_the_device_count_unless_the_table_shows_others()
    {
        byte[] disk = Mbr((0, 0x83, 20, 10));
        Assert.That(Read(disk, new SectorSizes(Own: 4096))!.SectorSize, Is.EqualTo(4096));
        Assert.That(_warnings, Is.Empty);

        "VOLUME"u8.CopyTo(disk.AsSpan(20 * 512));
        Assert.That(Read(disk, new SectorSizes(Own: 4096))!.SectorSize, Is.EqualTo(512));
        Assert.That(_warnings.Single(), Does.Contain("sectors of 512 bytes").And.Contains("sector-size=4096"));
        Assert.That(Read(disk, new SectorSizes(Stated: 4096, Own: 512))!.SectorSize, Is.EqualTo(4096));

        "VOLUME"u8.CopyTo(disk.AsSpan(20 * 4096));
        Assert.That(Read(disk, new SectorSizes(Own: 4096))!.SectorSize, Is.EqualTo(4096), "where both are possible");
    }

    [TestCase("0")]
    [TestCase("520")]
    [TestCase("8192")]
    [TestCase("4294967295")]
    public void A_sector_size_that_no_disk_has_is_refused(string size) =>
        Assert.That(() => SectorSizes.TakeStated(OptionList.Parse($"sector-size={size}")), Throws.TypeOf<OptionException>());

    [Test]
    public void A_link_without_a_partition_has_no_number()
    {
        byte[] disk = Mbr((0, 0x85, 100, 800));
        PutEntry(disk, 100, 1, (0, 0x05, 50, 20));
        PutEntry(disk, 150, 0, (0, 0x82, 3, 11));
        PutEntry(disk, 150, 1, (0, 0x0F, 100, 20));
        PutEntry(disk, 200, 1, (0, 0x05, 200, 20));
        PutEntry(disk, 300, 0, (0, 0x83, 4, 12));

        Assert.That(Logical(disk), Is.EqualTo(((int, long, long)[])[(5, 153, 11), (6, 304, 12)]));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void A_link_is_the_first_extended_entry_in_any_slot([Values(0, 1, 2, 3)] int slot)
    {
        byte[] disk = Mbr((0, 0x05, 100, 800));
        PutEntry(disk, 100, slot, (0, 0x05, 50, 20));
        PutEntry(disk, 100, (slot + 1) % 4, (0, 0x83, 2, 10));
        PutEntry(disk, 150, 0, (0, 0x83, 3, 11));

        Assert.That(Logical(disk), Is.EqualTo(((int, long, long)[])[(5, 102, 10), (6, 153, 11)]));
    }

    [Test]
    public void The_third_and_the_fourth_entry_of_a_link_count_when_they_can_be()
    {
        byte[] disk = Mbr((0, 0x05, 100, 100));
        PutEntry(disk, 100, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 100, 1, (0, 0x83, 12, 500));
        PutEntry(disk, 100, 2, (0, 0x83, 30, 10));
        PutEntry(disk, 100, 3, (0, 0x83, 95, 10));

        Assert.That(Logical(disk), Is.EqualTo(((int, long, long)[])[(5, 102, 10), (6, 112, 500), (7, 130, 10)]), "the fourth leaves the extended partition");
    }

    [Test]
    public void A_chain_may_lead_backward()
    {
        byte[] disk = Mbr((0, 0x05, 100, 800));
        PutEntry(disk, 100, 1, (0, 0x05, 300, 20));
        PutEntry(disk, 400, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 400, 1, (0, 0x05, 50, 20));
        PutEntry(disk, 150, 0, (0, 0x83, 3, 11));

        Assert.That(Logical(disk), Is.EqualTo(((int, long, long)[])[(5, 402, 10), (6, 153, 11)]));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void Several_extended_partitions_are_counted_on()
    {
        byte[] disk = Mbr((0, 0x05, 100, 100), (0, 0x83, 700, 10), (0, 0x0F, 300, 100), (0, 0x05, 100, 100));
        PutEntry(disk, 100, 0, (0, 0x83, 2, 10));
        PutEntry(disk, 300, 0, (0, 0x83, 3, 11));

        Assert.That(Logical(disk), Is.EqualTo(((int, long, long)[])[(5, 102, 10), (6, 303, 11)]));
        Assert.That(_warnings.Single(), Does.Contain("0xC800").And.Contains("leads back"), "the last is the first once more");
    }

    [Test]
    public void A_hundred_links_without_a_partition_are_enough()
    {
        byte[] disk = Mbr((0, 0x05, 100, 900));
        for (uint i = 0; i < 120; i++)
        {
            PutEntry(disk, 100 + (int)(i * 5), 1, (0, 0x05, (i + 1) * 5, 5));
        }

        PutEntry(disk, 700, 0, (0, 0x83, 2, 3));
        Assert.That(Logical(disk), Is.Empty);
        Assert.That(_warnings.Single(), Does.Contain("more than 100"));

        // One on the way, and they are counted anew.
        PutEntry(disk, 100 + (60 * 5), 0, (0, 0x83, 1, 3));
        Assert.That(Logical(disk).Select(partition => partition.Number), Is.EqualTo((int[])[5, 6]));
    }

    [TestCase(512, 512)]
    [TestCase(1024, 1024)]
    [TestCase(2048, 2048)]
    [TestCase(4096, 4096)]
    [TestCase(512, 2048)]
    [TestCase(2048, 0)]
    public void A_map_of_Apple_is_read_with_its_own_entry(int blockSize, int told)
    {
        PartitionTable table = Read(AppleMap(blockSize, told))!;
        Assert.That(table.Kind, Is.EqualTo("mac"));
        Assert.That(table.Partitions, Is.EqualTo((Partition[])
        [
            new(1, blockSize, 2 * blockSize, "Apple_partition_map") { Name = "Apple" },
            new(2, 40 * blockSize, 10 * blockSize, "Apple_HFS") { Name = "a name of thirty-two bytes whole", IsBootable = true },
        ]));
        Assert.That(_warnings, Is.Empty);
    }

    [Test]
    public void A_map_of_Apple_that_breaks_off_is_read_up_to_there_with_a_warning()
    {
        byte[] disk = AppleMap(512, 512);
        disk[1024] = 0;
        Assert.That(Read(disk)!.Partitions, Has.Count.EqualTo(1));
        Assert.That(_warnings.Single(), Does.Contain("entry 2 of 2 at 0x400"));

        disk[512] = 0;
        Assert.That(Read(disk), Is.Null);
    }

    [Test]
    public void A_map_of_Apple_is_no_longer_than_what_it_may_be()
    {
        byte[] disk = new byte[1 << 20];
        "ER"u8.CopyTo(disk);
        for (int place = 512; place < disk.Length; place += 512)
        {
            PutAppleEntry(disk.AsSpan(place), uint.MaxValue, uint.MaxValue, uint.MaxValue, "x", "y");
        }

        Assert.That(Read(disk)!.Partitions, Has.Count.EqualTo(256));
    }

    private static byte[] AppleMap(int blockSize, int told)
    {
        byte[] disk = new byte[256 * 1024];
        "ER"u8.CopyTo(disk);
        BinaryPrimitives.WriteUInt16BigEndian(disk.AsSpan(2), (ushort)told);
        PutAppleEntry(disk.AsSpan(blockSize), 2, 1, 2, "Apple", "Apple_partition_map");
        PutAppleEntry(disk.AsSpan(2 * blockSize), 2, 40, 10, "a name of thirty-two bytes whole", "Apple_HFS");
        disk[(2 * blockSize) + 91] = 8;
        return disk;
    }

    private static void PutAppleEntry(Span<byte> entry, uint count, uint start, uint length, string name, string type)
    {
        "PM"u8.CopyTo(entry);
        BinaryPrimitives.WriteUInt32BigEndian(entry[4..], count);
        BinaryPrimitives.WriteUInt32BigEndian(entry[8..], start);
        BinaryPrimitives.WriteUInt32BigEndian(entry[12..], length);
        Encoding.ASCII.GetBytes(name, entry[16..48]);
        Encoding.ASCII.GetBytes(type, entry[48..80]);
    }

    private PartitionTable? Read(byte[] disk) => Read(disk, new SectorSizes());

    private PartitionTable? Read(byte[] disk, SectorSizes sizes) =>
        PartitionTable.Read(new MemorySource(disk), sizes with { IsVolume = HasVolume }, _warnings.Add);

    private static bool HasVolume(BlockSource source)
    {
        Span<byte> name = stackalloc byte[6];
        source.ReadAt(0, name);
        return name.SequenceEqual("VOLUME"u8);
    }

    private IEnumerable<(int Number, long Start, long Length)> Logical(byte[] disk) =>
        Read(disk)!.Partitions.Where(partition => partition.Number > 4).Select(partition => (partition.Number, partition.Start / 512, partition.Length / 512));

    private static List<Finding> Findings(Check check)
    {
        var findings = new List<Finding>();
        check.Run!(new CheckRun(findings.Add, static _ => { }));
        return findings;
    }

    private static byte[] Mbr(params (byte Status, byte Type, uint Start, uint Sectors)[] entries)
    {
        byte[] disk = new byte[512 * 1024];
        BinaryPrimitives.WriteUInt32LittleEndian(disk.AsSpan(440), 0x12345678);
        for (int i = 0; i < entries.Length; i++)
        {
            PutEntry(disk, 0, i, entries[i]);
        }

        return disk;
    }

    private static void PutEntry(byte[] disk, int sector, int index, (byte Status, byte Type, uint Start, uint Sectors) entry)
    {
        Span<byte> record = disk.AsSpan(sector * 512, 512);
        record[510] = 0x55;
        record[511] = 0xAA;
        Span<byte> bytes = record.Slice(446 + (16 * index), 16);
        bytes[0] = entry.Status;
        bytes[4] = entry.Type;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], entry.Start);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], entry.Sectors);
    }

    private static byte[] Gpt(int sectorSize, int entrySize)
    {
        const int Sectors = 256;
        const int Entries = 8;
        byte[] disk = new byte[Sectors * sectorSize];
        PutEntry(disk, 0, 0, (0, 0xEE, 1, uint.MaxValue));

        byte[] entries = new byte[Entries * entrySize];
        PutGptEntry(entries.AsSpan(0), s_efiSystem, 1, 40, 49, 0, "EFI");
        PutGptEntry(entries.AsSpan(2 * entrySize), s_linux, 3, 50, 50, 4, "root ü");
        entries.CopyTo(disk, 2 * sectorSize);
        entries.CopyTo(disk, (Sectors - 40) * sectorSize);
        PutHeader(disk, sectorSize, 1, 2, entrySize, entries);
        PutHeader(disk, sectorSize, Sectors - 1, Sectors - 40, entrySize, entries);
        return disk;
    }

    private static void PutHeader(byte[] disk, int sectorSize, int sector, int entriesSector, int entrySize, byte[] entries)
    {
        Span<byte> header = disk.AsSpan(sector * sectorSize, 92);
        "EFI PART"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], 0x10000);
        BinaryPrimitives.WriteUInt32LittleEndian(header[12..], 92);
        BinaryPrimitives.WriteUInt64LittleEndian(header[24..], (ulong)sector);
        BinaryPrimitives.WriteUInt64LittleEndian(header[32..], sector == 1 ? (ulong)((disk.Length / sectorSize) - 1) : 1);
        new Guid("00112233-4455-6677-8899-aabbccddeeff").TryWriteBytes(header[56..]);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], (ulong)entriesSector);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], (uint)(entries.Length / entrySize));
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], (uint)entrySize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[88..], Crc32.HashToUInt32(entries));
        PutChecksum(header);
    }

    private static void PutChecksum(Span<byte> header)
    {
        header.Slice(16, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc32.HashToUInt32(header[..92]));
    }

    private static void PutGptEntry(Span<byte> entry, Guid type, byte id, ulong first, ulong last, ulong attributes, string name)
    {
        type.TryWriteBytes(entry);
        entry[16] = id;
        BinaryPrimitives.WriteUInt64LittleEndian(entry[32..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], last);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[48..], attributes);
        Encoding.Unicode.GetBytes(name, entry[56..]);
    }
}
