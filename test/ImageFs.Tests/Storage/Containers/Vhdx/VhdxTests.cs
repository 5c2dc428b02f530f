using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Vhdx;

/// <summary>Disks that qemu made; what it cannot make, changed from those by hand.</summary>
public sealed class VhdxTests : QemuDisks
{
    private const int MiB = 1 << 20;
    private const int Sector = 4096;

    // What qemu puts where.
    private const int Header1 = 64 * 1024;
    private const int Header2 = 128 * 1024;
    private const int RegionTable = 192 * 1024;
    private const int LogGuidOffset = 48;

    [TestCase("subformat=dynamic")]
    [TestCase("subformat=fixed")]
    [TestCase("block_size=1M")]
    [TestCase("block_size=256M")]
    [TestCase("log_size=4M,block_state_zero=off")]
    public void A_disk_is_read_as_it_was_written(string options) => AssertConverts("vhdx", options);

    [TestCase("block_size=1M")]
    [TestCase("block_size=2M,block_state_zero=off")]
    public void Writes_in_any_order_are_found(string options) => AssertWrites("vhdx", options, 11);

    [Test]
    public void Blocks_that_are_not_there_are_holes()
    {
        Folder.Image("create", "-f", "vhdx", "-o", "block_size=1M", "disk", "1T");
        Folder.Io("disk", "vhdx", "write -P 1 500G 1M");
        BlockSource disk = Folder.Open("disk");
        Assert.That(disk.Map(0, long.MaxValue, out _), Is.EqualTo(Extent.Hole(0, 1L << 30)));
        Assert.That(disk.Map(500L << 30, long.MaxValue, out _) is { Kind: ExtentKind.Mapped, Length: MiB });
    }

    [Test]
    public void A_log_is_replayed_in_memory()
    {
        byte[] source = MakeWithLog(out byte[] image);
        Write("logged", image);
        BlockSource disk = Folder.Open("logged");
        DiskAssert.Holds(disk, source);
        Assert.That(((Container)disk).Describe().Find("log"), Is.EqualTo("replayed"));

        // qemu replays it into the file, when it may write.
        Folder.Io("logged", "vhdx", "read 0 512");
        Assert.That(Folder.Convert("logged"), Is.EqualTo(source));
    }

    [Test]
    public void A_log_that_nothing_was_written_to_is_none()
    {
        byte[] source = Folder.WriteSource(MiB);
        Folder.Image("convert", "-O", "vhdx", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        foreach (int header in (int[])[Header1, Header2])
        {
            Guid.NewGuid().TryWriteBytes(image.AsSpan(header + LogGuidOffset));
            Seal(image.AsSpan(header, Sector));
        }

        DiskAssert.Holds(Folder.Open(image), source);
    }

    [Test]
    public void A_log_that_is_damaged_is_an_error()
    {
        MakeWithLog(out byte[] image);
        image[(int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(Header1 + 72)) + 5000] ^= 1;
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Property("Structure").EqualTo("vhdx log"));
    }

    [Test]
    public void Zeros_of_a_log_are_zeros_and_what_came_later_counts()
    {
        byte[] source = MakeWithLog(out byte[] image, zerosFirst: true);
        DiskAssert.Holds(Folder.Open(image), source);
    }

    [Test]
    public void A_differencing_disk_takes_sectors_from_its_parent([Values("absolute_win32_path", "relative_path")] string key)
    {
        byte[] source = MakeParent(out Guid parent);
        byte[] child = MakeChild(parent, key, out byte[] written);
        for (int sector = 0; sector < MiB / 512; sector++)
        {
            // Every third sector of the second block, and the first whole.
            if (sector % 3 == 0)
            {
                written.AsSpan(MiB + (sector * 512), 512).CopyTo(source.AsSpan(MiB + (sector * 512)));
            }
        }

        written.AsSpan(0, MiB).CopyTo(source);
        source.AsSpan(3 * MiB, MiB).Clear();
        Write("child", child);
        BlockSource disk = Folder.Open("child");
        DiskAssert.Holds(disk, source);
        Assert.That(((Container)disk).Describe().Find("subformat"), Is.EqualTo("differencing"));
    }

    [Test]
    public void A_parent_that_was_written_to_is_refused()
    {
        MakeParent(out _);
        Write("child", MakeChild(Guid.NewGuid(), "relative_path", out _));
        Assert.That(() => Folder.Open("child"), Throws.TypeOf<InvalidImageException>().With.Message.Contains("written to since"));
    }

    [Test]
    public void Sectors_of_4096_bytes_are_read()
    {
        byte[] source = Folder.WriteSource(8 * MiB);
        Folder.Image("convert", "-O", "vhdx", "-o", "block_size=1M", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        int item = Item(image, new Guid("8141BF1D-A96F-4709-BA47-F233A8FAAB5F"));
        Assert.That(BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(item)), Is.EqualTo(512));
        BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(item), 4096);
        BlockSource disk = Folder.Open(image);
        DiskAssert.Holds(disk, source);
        Assert.That(((Container)disk).Describe().Find("log-sec"), Is.EqualTo(4096));
    }

    [TestCase(Header1)]
    [TestCase(Header2)]
    [TestCase(RegionTable)]
    public void Of_two_copies_one_may_be_damaged(int address)
    {
        byte[] source = Folder.WriteSource(MiB);
        Folder.Image("convert", "-O", "vhdx", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        image[address + 20] ^= 1;
        DiskAssert.Holds(Folder.Open(image), source);
    }

    [TestCase(Header1, Header2, "vhdx header")]
    [TestCase(RegionTable, RegionTable + 65536, "vhdx region table")]
    public void Of_two_copies_one_must_be_sound(int first, int second, string structure)
    {
        Folder.Image("create", "-f", "vhdx", "disk", "1M");
        byte[] image = Read("disk");
        image[first + 20] ^= 1;
        image[second + 20] ^= 1;
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Property("Structure").EqualTo(structure));
    }

    [TestCase("2FA54224-CD1B-4876-B211-5DBED83BF4B8", -1L, "its disk of")]
    [TestCase("CAA16737-FA36-4D43-B3B6-33F0AA44E76B", 3 << 20, "blocks of")]
    [TestCase("8141BF1D-A96F-4709-BA47-F233A8FAAB5F", 513, "sectors of")]
    public void Metadata_that_cannot_be_is_refused(string item, long value, string message)
    {
        Folder.Image("create", "-f", "vhdx", "disk", "1M");
        byte[] image = Read("disk");
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(Item(image, new Guid(item))), value);
        Assert.That(() => Folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void A_block_behind_the_end_or_of_no_known_state_is_an_error_of_its_own()
    {
        byte[] source = Folder.WriteSource(4 * MiB);
        source.AsSpan().Fill(1);
        Write(DiskFolder.Source, source);
        Folder.Image("convert", "-O", "vhdx", "-o", "block_size=1M", DiskFolder.Source, "disk");
        byte[] image = Read("disk");
        int table = Region(image, 0);
        image[table + 8] = 5;
        image[table + 16 + 5] = 1;
        BlockSource disk = Folder.Open(image);
        byte[] bytes = new byte[MiB];
        disk.ReadAt(0, bytes);
        Assert.That(() => disk.ReadAt(MiB, bytes), Throws.TypeOf<InvalidImageException>().With.Property("Address").EqualTo(table + 8));
        Assert.That(() => disk.ReadAt(2 * MiB, bytes), Throws.TypeOf<TruncatedImageException>());
        disk.ReadAt(3 * MiB, bytes);
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        Folder.WriteSource(2 * MiB);
        Folder.Image("convert", "-O", "vhdx", "-o", "block_size=1M", DiskFolder.Source, "disk");
        DiskMutations.Check(Read("disk"), 21);
        MakeWithLog(out byte[] logged);
        DiskMutations.Check(logged, 22);
    }

    // The two regions, the table of blocks first.
    private static int Region(byte[] image, int number)
    {
        var table = new Guid("2DC27766-F623-4200-9D64-115E9BFD4A08");
        int[] offsets = [.. new[] { 0, 1 }
            .Select(i => RegionTable + 16 + (i * 32))
            .OrderBy(entry => new Guid(image.AsSpan(entry, 16)) != table)
            .Select(entry => BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(entry + 16)))];
        return offsets[number];
    }

    private static int Item(byte[] image, Guid id)
    {
        int metadata = Region(image, 1);
        int entry = Enumerable.Range(1, 20).Select(i => metadata + (i * 32)).First(at => new Guid(image.AsSpan(at, 16)) == id);
        return metadata + BinaryPrimitives.ReadInt32LittleEndian(image.AsSpan(entry + 16));
    }

    private static void Seal(Span<byte> structure) =>
        BinaryPrimitives.WriteUInt32LittleEndian(structure[4..], ~Crc32C.AppendWithout(Crc32C.Initial, structure, 4, 4));

    // The table of blocks is lost, and in the log.
    private byte[] MakeWithLog(out byte[] image, bool zerosFirst = false)
    {
        byte[] source = Folder.WriteSource(4 * MiB, 5);
        Folder.Image("convert", "-O", "vhdx", "-o", "block_size=1M", DiskFolder.Source, "plain");
        image = Read("plain");
        int table = Region(image, 0);
        byte[] page = image.AsSpan(table, Sector).ToArray();
        image.AsSpan(table, Sector).Fill(0xEE);
        var id = Guid.NewGuid();
        int log = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(Header1 + 72));
        image.AsSpan(log, MiB).Clear();
        int next = 0;
        if (zerosFirst)
        {
            // An older entry that clears two sectors; the newer one gives the first back. The second had nothing.
            Span<byte> zero = image.AsSpan(log, Sector);
            WriteEntry(zero, id, 7, 0, image.Length, "zero", table, 2 * Sector);
            Seal(zero);
            next = Sector;
            image.AsSpan(table + Sector, Sector).Fill(0xEE);
        }

        Span<byte> entry = image.AsSpan(log + next, 2 * Sector);
        WriteEntry(entry, id, 8, 0, image.Length, "desc", table, 0);
        page.AsSpan(Sector - 4).CopyTo(entry[(64 + 4)..]);
        page.AsSpan(0, 8).CopyTo(entry[(64 + 8)..]);
        Span<byte> data = entry[Sector..];
        page.CopyTo(data);
        "data"u8.CopyTo(data);
        BinaryPrimitives.WriteUInt32LittleEndian(data[4..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(data[(Sector - 4)..], 8);
        Seal(entry);
        foreach (int header in (int[])[Header1, Header2])
        {
            id.TryWriteBytes(image.AsSpan(header + LogGuidOffset));
            Seal(image.AsSpan(header, Sector));
        }

        return source;
    }

    private static void WriteEntry(Span<byte> entry, Guid id, long number, int tail, long fileLength, string kind, long offset, long zeros)
    {
        "loge"u8.CopyTo(entry);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], entry.Length);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], tail);
        BinaryPrimitives.WriteInt64LittleEndian(entry[16..], number);
        BinaryPrimitives.WriteInt32LittleEndian(entry[24..], 1);
        id.TryWriteBytes(entry[32..]);
        BinaryPrimitives.WriteInt64LittleEndian(entry[48..], fileLength);
        BinaryPrimitives.WriteInt64LittleEndian(entry[56..], fileLength);
        Span<byte> descriptor = entry[64..];
        Encoding.ASCII.GetBytes(kind, descriptor);
        BinaryPrimitives.WriteInt64LittleEndian(descriptor[8..], zeros);
        BinaryPrimitives.WriteInt64LittleEndian(descriptor[16..], offset);
        BinaryPrimitives.WriteInt64LittleEndian(descriptor[24..], number);
    }

    private byte[] MakeParent(out Guid id)
    {
        byte[] source = Folder.WriteSource(8 * MiB, 9);
        Folder.Image("convert", "-O", "vhdx", "-o", "block_size=2M", DiskFolder.Source, "parent.vhdx");
        byte[] image = Read("parent.vhdx");
        int newest = BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(Header1 + 8)) > BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(Header2 + 8))
            ? Header1
            : Header2;
        id = new Guid(image.AsSpan(newest + 32, 16));
        return source;
    }

    // Its first block is whole, its second has every third sector, its fourth is zeros; all others are the parent's.
    private byte[] MakeChild(Guid parent, string pathKey, out byte[] written)
    {
        Folder.Image("create", "-f", "vhdx", "-o", "block_size=1M", "blank", $"{8 * MiB}");
        Folder.Io("blank", "vhdx", "write -P 17 0 1M", "write -P 18 1M 1M");
        written = Folder.Convert("blank");
        byte[] image = [.. Read("blank"), .. new byte[MiB]];
        int bitmap = image.Length - MiB;
        bitmap -= bitmap % MiB;
        for (int sector = 0; sector < MiB / 512; sector += 3)
        {
            int bit = (MiB / 512) + sector;
            image[bitmap + (bit / 8)] |= (byte)(1 << (bit % 8));
        }

        int table = Region(image, 0);
        for (int block = 2; block < 8; block++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(table + (block * 8)), block == 3 ? 2 : 0);
        }

        image[table + 8] = (byte)((image[table + 8] & ~7) | 7);
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(table + (4096 * 8)), bitmap | 6L);
        image[Item(image, new Guid("CAA16737-FA36-4D43-B3B6-33F0AA44E76B")) + 4] |= 2;
        AddLocator(image, ("parent_linkage", parent.ToString("B")), (pathKey, pathKey == "relative_path" ? ".\\parent.vhdx" : "C:\\disks\\parent.vhdx"));
        return image;
    }

    private static void AddLocator(byte[] image, params (string Key, string Value)[] pairs)
    {
        const int Offset = 128 * 1024;
        int metadata = Region(image, 1);
        int count = BinaryPrimitives.ReadInt16LittleEndian(image.AsSpan(metadata + 10)) + 1;
        BinaryPrimitives.WriteInt16LittleEndian(image.AsSpan(metadata + 10), (short)count);
        Span<byte> item = image.AsSpan(metadata + Offset, 4096);
        new Guid("B04AEFB7-D19E-4A81-B789-25B8E9445913").TryWriteBytes(item);
        BinaryPrimitives.WriteInt16LittleEndian(item[18..], (short)pairs.Length);
        int at = 20 + (pairs.Length * 12);
        for (int i = 0; i < pairs.Length; i++)
        {
            Span<byte> entry = item[(20 + (i * 12))..];
            byte[] key = Encoding.Unicode.GetBytes(pairs[i].Key);
            byte[] value = Encoding.Unicode.GetBytes(pairs[i].Value);
            BinaryPrimitives.WriteInt32LittleEndian(entry, at);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], at + key.Length);
            BinaryPrimitives.WriteInt16LittleEndian(entry[8..], (short)key.Length);
            BinaryPrimitives.WriteInt16LittleEndian(entry[10..], (short)value.Length);
            key.CopyTo(item[at..]);
            value.CopyTo(item[(at + key.Length)..]);
            at += key.Length + value.Length;
        }

        Span<byte> added = image.AsSpan(metadata + (count * 32), 32);
        new Guid("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C").TryWriteBytes(added);
        BinaryPrimitives.WriteInt32LittleEndian(added[16..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(added[20..], at);
        added[24] = 4;
    }
}
