using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Partclone;

/// <summary>Images that partclone wrote and reads, and some made by hand.</summary>
internal sealed class PartcloneTests
{
    private const int Block = 512;
    private const int Length1 = 4160;
    private const int Length2 = 110;

    private DiskFolder _folder = null!;

    [SetUp]
    public void Make() => _folder = new DiskFolder();

    [TearDown]
    public void Remove() => _folder.Dispose();

    [TestCase("-a1")]
    [TestCase("-a0")]
    [TestCase("-a1", "-k3")]
    [TestCase("-a1", "-k1", "-K")]
    public void A_volume_is_what_partclone_restores(params string[] options)
    {
        _folder.WriteSource(3 << 20);
        _folder.Run("mke2fs", ["-q", "-t", "ext4", "-b", "1024", "volume", "16M"]);
        _folder.Run("debugfs", ["-w", "-R", $"write {DiskFolder.Source} data", "volume"]);
        _folder.Run("partclone.ext4", ["-c", "-q", "-L", "log", .. options, "-s", "volume", "-o", "image"]);
        _folder.Run("partclone.restore", ["-C", "-W", "-q", "-L", "log", "-s", "image", "-O", "restored"]);
        BlockSource disk = _folder.Open("image");
        DiskAssert.Holds(disk, File.ReadAllBytes(_folder["restored"]));
        Assert.That(DiskAssert.MapWhole(disk).Select(extent => extent.Kind).Distinct(), Is.EquivalentTo([ExtentKind.Mapped, ExtentKind.Hole]));
        Assert.That(_folder.Warnings, Is.Empty);
        Assert.That(Verify("image", out string extent), Is.Empty);
        ImageDescription description = ((Container)disk).Describe();
        Assert.That(description.Find("contents"), Is.EqualTo("EXTFS"));
        Assert.That(description.Find("block-size"), Is.EqualTo(1024L));
        Assert.That(description.Find("checksums"), Is.EqualTo(options[0] == "-a0" ? "none" : "CRC-32"));
        Assert.That(extent.Length > 0, Is.EqualTo(options[0] != "-a0"));
    }

    [Test]
    public void Of_a_raw_copy_all_blocks_are_there()
    {
        byte[] source = _folder.WriteSource(1 << 20);
        _folder.Run("partclone.imager", ["-c", "-q", "-L", "log", "-s", DiskFolder.Source, "-o", "image"]);
        BlockSource disk = _folder.Open("image");
        DiskAssert.Holds(disk, source);
        Assert.That(Verify("image", out _), Is.Empty);
    }

    [Test]
    public void Version_1_is_read_as_partclone_restores_it()
    {
        byte[] expected = Volume(out bool[] used);
        File.WriteAllBytes(_folder["image"], Version1(expected, used));
        _folder.Run("partclone.restore", ["-C", "-W", "-q", "-L", "log", "-s", "image", "-O", "restored"]);
        Assert.That(File.ReadAllBytes(_folder["restored"]), Is.EqualTo(expected), "partclone reads the hand-made image so");
        BlockSource disk = _folder.Open("image");
        DiskAssert.Holds(disk, expected);
        Assert.That(DiskAssert.MapWhole(disk).Take(3), Is.EqualTo((Extent[])
        [
            Extent.Mapped(0, Block, Data1(used)), Extent.Mapped(Block, Block, Data1(used) + Block + 4), Extent.Hole(2 * Block, Block),
        ]));
        Assert.That(Verify("image", out string extent), Is.Empty);
        Assert.That(extent, Is.EqualTo($"{used.Count(isUsed => isUsed)}"));

        // Of programs of 64 bits, which wrote four bytes too many.
        File.WriteAllBytes(_folder["image"], Version1(expected, used, checksumSize: 8));
        DiskAssert.Holds(_folder.Open("image"), expected);
        Assert.That(Verify("image", out _), Is.Empty);
    }

    [Test]
    public void Bits_and_bytes_say_the_same_over_many_groups()
    {
        // More than three groups of 8192 blocks, the last in part.
        var random = new Random(9);
        bool[] used = new bool[(3 * 8192) + 77];
        for (int start = 0; start < used.Length;)
        {
            int count = Math.Min(random.Next(1, 700), used.Length - start);
            used.AsSpan(start, count).Fill(random.Next(2) == 0);
            start += count;
        }

        byte[] expected = new byte[used.Length * Block];
        for (int i = 0; i < used.Length; i++)
        {
            if (used[i])
            {
                BinaryPrimitives.WriteInt32LittleEndian(expected.AsSpan(i * Block), i + 1);
                expected[((i + 1) * Block) - 1] = 7;
            }
        }

        DiskAssert.Holds(_folder.Open(Version1(expected, used)), expected);
        DiskAssert.Holds(_folder.Open(Version2(expected, used, 0x20, 5)), expected);
        DiskAssert.Holds(_folder.Open(Version2(expected, used, 0, 0)), expected);
    }

    [Test]
    public void Checksums_by_XXH64_are_checked()
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x30, 2);
        DiskAssert.Holds(_folder.Open(image, "image"), expected);
        Assert.That(Verify("image", out string extent), Is.Empty);
        Assert.That(extent, Is.EqualTo("4"));
        image[^20] ^= 1;
        File.WriteAllBytes(_folder["image"], image);
        Assert.That(Verify("image", out _).Single(), Does.Contain("partclone block").And.Contain("and the image says 0x"));
    }

    [Test]
    public void Verify_finds_a_changed_block()
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x20, 3);
        image[Length2 + 2 + 4 + Block + 9] ^= 4;
        File.WriteAllBytes(_folder["image"], image);
        Assert.That(Verify("image", out _).Single(), Does.StartWith($"partclone block at 0x{Length2 + 2 + 4:X}: the checksum of the blocks is"));

        // Version 1 has sums of first bytes alone, each of all before too.
        image = Version1(expected, used);
        image[(int)Data1(used) + Block + 4] ^= 4;
        File.WriteAllBytes(_folder["image"], image);
        Assert.That(Verify("image", out _), Has.Length.EqualTo(used.Count(isUsed => isUsed) - 1).And.All.Contains("up to there"));
    }

    [Test]
    public void A_volume_that_is_longer_than_its_blocks_ends_in_a_hole_and_one_that_is_shorter_in_a_block()
    {
        byte[] expected = Volume(out bool[] used);
        foreach (int length in (int[])[expected.Length + 700, expected.Length - 100])
        {
            byte[] image = Version2(expected, used, 0x20, 3, length);
            byte[] volume = new byte[length];
            expected.AsSpan(0, Math.Min(length, expected.Length)).CopyTo(volume);
            DiskAssert.Holds(_folder.Open(image), volume);
        }
    }

    [Test]
    public void An_image_that_is_cut_short_is_read_up_to_there()
    {
        byte[] expected = Volume(out bool[] used);
        BlockSource disk = _folder.Open(Version2(expected, used, 0x20, 3)[..^(Block + 4)]);
        Assert.That(_folder.Warnings.Single(), Does.Contain("cut short"));
        byte[] first = new byte[2 * Block];
        disk.ReadAt(0, first);
        Assert.That(expected.AsSpan().StartsWith(first));
        Assert.That(() => disk.ReadAt(expected.Length - 1, first.AsSpan(0, 1)), Throws.TypeOf<TruncatedImageException>());
        Assert.That(() => _folder.Open(Version1(expected, used)[..4162]), Throws.TypeOf<TruncatedImageException>().With.Message.Contains("bitmap"));
    }

    [TestCase(30, "0003", "version 0003")]
    [TestCase(34, "\u00DE\u00C0", "")]
    [TestCase(105, "\u0002", "bitmap of mode 2")]
    [TestCase(96, "\u0021", "checksums of mode 0x21")]
    public void What_is_not_known_is_refused_by_name(int offset, string bytes, string message)
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x20, 3);
        Encoding.Latin1.GetBytes(bytes).CopyTo(image, offset);
        Seal(image);
        if (message.Length == 0)
        {
            DiskAssert.Holds(_folder.Open(image), expected);
            image.AsSpan(34, 2).Reverse();
            message = "big-endian";
        }

        Assert.That(() => _folder.Open(image), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(message));
    }

    [TestCase(84, 0u, "blocks of 0")]
    [TestCase(64, 1u << 8, "blocks of 512")]
    [TestCase(100, 0u, "for each 0 blocks")]
    [TestCase(98, 5u, "checksums of 5 bytes")]
    public void A_header_that_cannot_be_is_refused(int offset, uint value, string message)
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x20, 3);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(offset), (ushort)value);
        Seal(image);
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains(message));
    }

    [Test]
    public void Damage_of_the_header_and_the_bitmap_is_found_when_it_is_opened()
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x20, 3);
        image[60] ^= 1;
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("header").And.Message.Contains("its checksum is wrong"));
        image[60] ^= 1;
        image[Length2] ^= 1;
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("bitmap").And.Message.Contains("its checksum is wrong"));
        image = Version1(expected, used);
        image[(int)Data1(used) - 1] ^= 1;
        Assert.That(() => _folder.Open(image), Throws.TypeOf<InvalidImageException>().With.Message.Contains("its end is not marked"));
    }

    [Test]
    public void The_parts_of_Clonezilla_are_one()
    {
        byte[] expected = Volume(out bool[] used);
        byte[] image = Version2(expected, used, 0x20, 3);
        File.WriteAllBytes(_folder["sda1.ext4-ptcl-img.aa"], image[..1000]);
        File.WriteAllBytes(_folder["sda1.ext4-ptcl-img.ab"], image[1000..2000]);
        File.WriteAllBytes(_folder["sda1.ext4-ptcl-img.ac"], image[2000..]);
        DiskAssert.Holds(_folder.Open("sda1.ext4-ptcl-img.aa"), expected);
    }

    [TestCase("gzip", "gz")]
    [TestCase("zstd", "zst")]
    [TestCase("xz", "xz")]
    public void Compressed_and_in_parts_it_is_the_same(string program, string extension)
    {
        byte[] expected = Volume(out bool[] used);
        File.WriteAllBytes(_folder["image"], Version2(expected, used, 0x20, 3));
        _folder.Run("sh", ["-c", $"{program} -c image | split -b 900 - sda1.ext4-ptcl-img.{extension}."]);
        Assert.That(File.Exists(_folder[$"sda1.ext4-ptcl-img.{extension}.ab"]));
        BlockSource disk = _folder.Open($"sda1.ext4-ptcl-img.{extension}.aa");
        Assert.That(((Container)disk).Format, Is.EqualTo("partclone"));
        DiskAssert.Holds(disk, expected);
    }

    [Test]
    public void A_changed_image_gives_errors_of_the_image_only()
    {
        byte[] expected = Volume(out bool[] used);
        DiskMutations.Check(Version1(expected, used), 81);
        DiskMutations.Check(Version2(expected, used, 0, 0), 82);
    }

    private static byte[] Volume(out bool[] used)
    {
        used = [true, true, false, true, true, false, false, true, false, true, true, true];
        byte[] bytes = new byte[used.Length * Block];
        for (int i = 0; i < used.Length; i++)
        {
            if (used[i])
            {
                new Random(i).NextBytes(bytes.AsSpan(i * Block, Block));
            }
        }

        return bytes;
    }

    private static long Data1(bool[] used) => Length1 + used.Length + 8;

    // IMAGE_FORMATS.md of partclone: format 0001.
    private static byte[] Version1(byte[] volume, bool[] used, int checksumSize = 4)
    {
        using var image = new MemoryStream();
        byte[] header = new byte[Length1];
        "partclone-image"u8.CopyTo(header);
        "EXTFS"u8.CopyTo(header.AsSpan(15));
        "0001"u8.CopyTo(header.AsSpan(30));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(36), Block);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(40), volume.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(48), used.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(56), used.Count(isUsed => isUsed));
        image.Write(header);
        image.Write([.. used.Select(isUsed => (byte)(isUsed ? 1 : 0))]);
        image.Write("BiTmAgIc"u8);
        uint crc = uint.MaxValue;
        for (int i = 0; i < used.Length; i++)
        {
            if (used[i])
            {
                ReadOnlySpan<byte> block = volume.AsSpan(i * Block, Block);
                image.Write(block);
                byte[] sum = new byte[checksumSize];
                crc = Crc(crc, Enumerable.Repeat(block[0], Block));
                BinaryPrimitives.WriteUInt32LittleEndian(sum, crc);
                image.Write(sum);
            }
        }

        return image.ToArray();
    }

    // Format 0002.
    private static byte[] Version2(byte[] volume, bool[] used, int mode, int perChecksum, long? length = null)
    {
        using var image = new MemoryStream();
        byte[] header = new byte[Length2];
        "partclone-image"u8.CopyTo(header);
        "0.3.99"u8.CopyTo(header.AsSpan(16));
        "0002"u8.CopyTo(header.AsSpan(30));
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(34), 0xC0DE);
        "EXTFS"u8.CopyTo(header.AsSpan(36));
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(52), length ?? volume.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(60), used.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(84), Block);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(88), 18);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(92), 2);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(94), 64);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(96), (short)mode);
        BinaryPrimitives.WriteInt16LittleEndian(header.AsSpan(98), (short)(mode switch { 0x30 => 8, 0 => 0, _ => 4 }));
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(100), perChecksum);
        header[104] = 1;
        header[105] = 1;
        Seal(header);
        image.Write(header);
        byte[] map = new byte[(used.Length + 7) / 8];
        for (int i = 0; i < used.Length; i++)
        {
            map[i / 8] |= (byte)(used[i] ? 1 << (i % 8) : 0);
        }

        // Bits behind the last block say nothing.
        map[^1] |= (byte)(used.Length % 8 == 0 ? 0 : (0xFF << (used.Length % 8)) & 0xFF);
        image.Write(map);
        Write(Crc(uint.MaxValue, map));
        var strip = new List<byte>();
        int blocks = 0;
        for (int i = 0; i < used.Length; i++)
        {
            if (used[i])
            {
                image.Write(volume.AsSpan(i * Block, Block));
                strip.AddRange(volume.AsSpan(i * Block, Block));
                if (++blocks == perChecksum)
                {
                    End();
                }
            }
        }

        if (blocks > 0)
        {
            End();
        }

        return image.ToArray();

        void End()
        {
            if (mode == 0x20)
            {
                Write(Crc(uint.MaxValue, strip));
            }
            else if (mode == 0x30)
            {
                byte[] hash = XxHash64.Hash([.. strip]);
                Array.Reverse(hash);
                image.Write(hash);
            }

            strip.Clear();
            blocks = 0;
        }

        void Write(uint value)
        {
            byte[] bytes = new byte[4];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
            image.Write(bytes);
        }
    }

    private static void Seal(byte[] image) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(106), Crc(uint.MaxValue, image.Take(106)));

    // CRC-32 bit by bit, without an inversion at the end.
    private static uint Crc(uint crc, IEnumerable<byte> bytes)
    {
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320);
            }
        }

        return crc;
    }

    private string[] Verify(string name, out string extent)
    {
        var found = new List<string>();
        var run = new CheckRun(finding => found.Add($"{finding}"), static _ => { });
        ((Container)_folder.Open(name)).Checks.Single().Run!(run);
        extent = run.Extent;
        return [.. found];
    }
}
