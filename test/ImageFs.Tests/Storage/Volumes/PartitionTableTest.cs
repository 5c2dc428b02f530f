using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Volumes;

namespace ImageFs.Tests.Storage.Volumes;

/// <summary>Partition tables made byte by byte; the mount tests compare with sfdisk.</summary>
public sealed class PartitionTableTest
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
        for (int round = 0; round < 3000; round++)
        {
            byte[] disk = (byte[])sound.Clone();
            for (int i = 0; i < 4; i++)
            {
                disk[random.Next(3 * sectorSize)] = (byte)random.Next(256);
            }

            try
            {
                Read(disk);
            }
            catch (ImageException)
            {
                // The right answer to a damaged image.
            }
        }
    }

    [TestCase(512, 512)]
    [TestCase(2048, 2048)]
    [TestCase(512, 2048)]
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

    private PartitionTable? Read(byte[] disk) => PartitionTable.Read(new MemorySource(disk), _warnings.Add);

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
        new Guid("00112233-4455-6677-8899-aabbccddeeff").TryWriteBytes(header[56..]);
        BinaryPrimitives.WriteUInt64LittleEndian(header[72..], (ulong)entriesSector);
        BinaryPrimitives.WriteUInt32LittleEndian(header[80..], (uint)(entries.Length / entrySize));
        BinaryPrimitives.WriteUInt32LittleEndian(header[84..], (uint)entrySize);
        BinaryPrimitives.WriteUInt32LittleEndian(header[88..], Crc32.HashToUInt32(entries));
        BinaryPrimitives.WriteUInt32LittleEndian(header[16..], Crc32.HashToUInt32(header));
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
