using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers.Packed;

/// <summary>Files as the programs compress them hold what they were made of, in whatever order it is read.</summary>
public sealed class PackedFormatTests
{
    private const int Length = 3_000_123;

    private static readonly byte[] s_contents = PackedFolder.MakeContents(Length);

    // Several streams, members or frames one after the other.
    private static readonly TestCaseData[] s_writers =
    [
        new("xz", "xz -0", 1),
        new("xz", "xz -0 --block-size=300000", 11),
        new("xz", "xz -0 -T2 --block-size=2000000", 2),
        new("xz", "xz -0 --check=sha256 --block-size=1048576", 3),
        new("xz", "xz -0 --check=crc32", 1),
        new("xz", "xz -0 --check=none", 1),
        new("xz", "xz --x86 --lzma2=preset=0", 1),
        new("xz", "xz --delta=dist=4 --lzma2=preset=0", 1),
        new("xz", "pixz -1", null),
        new("xz", Twice("xz -0"), 2),
        new("xz", "xz -0; head -c 512 /dev/zero", 1),
        new("zstd", "zstd -1", 1),
        new("zstd", "zstd -1 --no-check", 1),
        new("zstd", "zstd -1 -T2", 1),
        new("zstd", "zstd -1 --stream-size=3000123", 1),
        new("zstd", Twice("zstd -1"), 2),
        new("zstd", Twice("zstd -q -1 --stream-size=$(stat -c %s $d/b)").Replace("| zstd", "> $d/b; cat $d/b | zstd", StringComparison.Ordinal), 2),
        new("zstd", "zstd -19 --long=27", 1),
        new("gzip", "gzip -1", null),
        new("gzip", "gzip -9", null),
        new("gzip", "pigz -1", null),
        new("gzip", Twice("gzip -1"), null),
        new("gzip", "d=$(mktemp -d); cat >$d/name; gzip -c $d/name; rm -r $d", null),
        new("gzip", "gzip -1; head -c 512 /dev/zero", null),
        new("gzip", "bgzip -c", null),
        new("bzip2", "bzip2 -1", null),
        new("bzip2", "bzip2 -9", null),
        new("bzip2", Twice("bzip2 -2"), null),
        new("lz4", "lz4 -1", null),
        new("lz4", "lz4 -1 -B4 -BI --content-size", null),
        new("lz4", "lz4 -1 -B4 -BD", 1),
        new("lz4", "lz4 -1 -B5 -BX", null),
        new("lz4", "lz4 -9 -B7 --no-frame-crc", null),
        new("lz4", Twice("lz4 -1 -B4 -BD"), 2),
    ];

    [TestCaseSource(nameof(s_writers))]
    public void What_a_program_compressed_is_read(string format, string command, int? parts)
    {
        byte[] packed = PackedFolder.Pack(command, s_contents);
        BlockSource disk = PackedFolder.Open(packed);

        Assert.That(disk, Is.InstanceOf<Container>());
        ImageDescription description = ((Container)disk).Describe();
        Assert.That(description.Kind, Is.EqualTo(format));
        Assert.That(parts, Is.Null.Or.EqualTo((int?)(long?)description.Find("parts")));
        DiskAssert.Holds(disk, s_contents);
    }

    [TestCase("xz -0")]
    [TestCase("zstd -1")]
    [TestCase("gzip -1")]
    [TestCase("bzip2 -1")]
    [TestCase("lz4 -1 -B4 -BI")]
    [TestCase("lz4 -1 -B4 -BD")]
    public void Where_little_can_be_kept_it_is_decoded_again(string command)
    {
        byte[] packed = PackedFolder.Pack(command, s_contents);
        BlockSource disk = PackedFolder.Open(packed, cacheLimit: 1 << 20);
        var random = new Random(3);
        byte[] read = new byte[70_000];
        for (int i = 0; i < 12; i++)
        {
            int offset = random.Next(Length - read.Length);
            disk.ReadAt(offset, read);
            Assert.That(read.AsSpan().SequenceEqual(s_contents.AsSpan(offset, read.Length)), Is.True, $"at {offset}");
        }
    }

    [TestCase("xz -0")]
    [TestCase("zstd -1")]
    [TestCase("gzip -1")]
    [TestCase("bzip2 -1")]
    [TestCase("lz4 -1")]
    [TestCase("bgzip -c")]
    public void An_empty_file_is_empty(string command) => Assert.That(PackedFolder.Open(PackedFolder.Pack(command, [])).Length, Is.Zero);

    [TestCase(false)]
    [TestCase(true)]
    public void A_seekable_file_of_zstd_is_read_by_its_table(bool hasChecksums)
    {
        byte[] packed = MakeSeekable(hasChecksums, out _);
        BlockSource disk = PackedFolder.Open(packed);
        Assert.That(((Container)disk).Describe().Find("seekable"), Is.EqualTo(true));
        DiskAssert.Holds(disk, s_contents);
    }

    [Test]
    public void A_checksum_of_the_table_is_checked()
    {
        byte[] packed = MakeSeekable(hasChecksums: true, out int table);
        packed[table + 8 + 12 + 8] ^= 1;
        BlockSource disk = PackedFolder.Open(packed);
        disk.ReadAt(0, new byte[100]);
        Assert.That(() => disk.ReadAt(700_000, new byte[10]), Throws.TypeOf<InvalidImageException>().With.Message.Contains("seek table"));
        disk.ReadAt(1_400_000, new byte[100]);
    }

    [Test]
    public void Bytes_that_are_kept_are_in_a_file()
    {
        BlockSource disk = PackedFolder.Open(PackedFolder.Pack("xz -0", s_contents));
        Assert.That(disk.Locate(1000, 5000).TryLeaseFile(out FileLease lease), Is.True);
        using (lease)
        {
            byte[] read = new byte[lease.Length];
            lease.Read(read);
            Assert.That(read, Is.EqualTo(s_contents.AsSpan(1000, read.Length).ToArray()));
        }
    }

    [Test]
    public void Small_blocks_are_decoded_in_memory()
    {
        BlockSource disk = PackedFolder.Open(PackedFolder.Pack("bgzip -c", s_contents));
        Assert.That(disk.Locate(100_000, 1).Kind, Is.EqualTo(ExtentKind.Encoded));
        Assert.That(PackedFolder.Open(PackedFolder.Pack("gzip -c", s_contents)).Locate(100_000, 1).Kind, Is.EqualTo(ExtentKind.Own));
    }

    [Test]
    public void Many_threads_read_the_same()
    {
        BlockSource disk = PackedFolder.Open(PackedFolder.Pack("xz -0 --block-size=1500000", s_contents), cacheLimit: 2 << 20);
        Parallel.For(0, 8, thread =>
        {
            var random = new Random(thread);
            byte[] read = new byte[50_000];
            for (int i = 0; i < 20; i++)
            {
                int offset = random.Next(Length - read.Length);
                disk.ReadAt(offset, read);
                Assert.That(read.AsSpan().SequenceEqual(s_contents.AsSpan(offset, read.Length)), Is.True);
            }
        });
    }

    [TestCase("xz -0 | zstd -1")]
    [TestCase("zstd -1 | gzip -1 | bzip2 -1")]
    public void What_is_compressed_twice_is_read(string command) => DiskAssert.Holds(PackedFolder.Open(PackedFolder.Pack(command, s_contents)), s_contents);

    [Test]
    public void What_is_compressed_many_times_is_refused() => Assert.That(
        () => PackedFolder.Open(PackedFolder.Pack("gzip -1 | gzip -1 | gzip -1 | gzip -1 | gzip -1", [1, 2, 3])), Throws.TypeOf<UnsupportedFeatureException>());

    [Test]
    public void A_virtual_disk_in_it_is_one()
    {
        using var folder = new DiskFolder();
        byte[] source = folder.WriteSource(8 << 20);
        folder.Image("convert", "-O", "qcow2", DiskFolder.Source, "disk.qcow2");
        folder.Run("gzip", ["-1", "disk.qcow2"]);
        BlockSource disk = folder.Open("disk.qcow2.gz");
        Assert.That(((Container)disk).Format, Is.EqualTo("qcow2"));
        Assert.That(((Container)disk).OutermostFirst().Select(container => container.Format), Is.EqualTo(["gzip"]));
        DiskAssert.Holds(disk, source);
    }

    [Test]
    public void A_compressed_file_may_be_split_and_a_name_tells_the_type_without_the_ending()
    {
        using var folder = new DiskFolder();
        File.WriteAllBytes(folder["disk.img"], s_contents);
        folder.Run("sh", ["-c", "xz -0 disk.img && split -b 700000 disk.img.xz disk.img.xz."]);
        DiskAssert.Holds(folder.Open("disk.img.xz.aa"), s_contents);
    }

    [TestCase("gzip -1")]
    [TestCase("bzip2 -1")]
    [TestCase("zstd -1")]
    [TestCase("lz4 -1")]
    public void What_follows_is_told_and_left_out(string command)
    {
        var warnings = new List<string>();
        BlockSource disk = PackedFolder.Open([.. PackedFolder.Pack(command, s_contents), .. "something"u8], warnings: warnings);
        Assert.That(warnings, Has.One.Contains("9 bytes, is not compressed"));
        DiskAssert.Holds(disk, s_contents);
    }

    // As the program of zstd's contrib/seekable_format makes them: frames, and their table in a skippable one.
    private static byte[] MakeSeekable(bool hasChecksums, out int table)
    {
        const int FrameLength = 600_000;
        using var file = new MemoryStream();
        using var entries = new MemoryStream();
        Span<byte> number = stackalloc byte[sizeof(uint)];
        int count = 0;
        for (int start = 0; start < Length; start += FrameLength, count++)
        {
            byte[] part = s_contents[start..Math.Min(start + FrameLength, Length)];
            byte[] frame = PackedFolder.Pack("zstd -1 --no-check", part);
            file.Write(frame);
            foreach (uint value in (uint[])[(uint)frame.Length, (uint)part.Length, unchecked((uint)System.IO.Hashing.XxHash64.HashToUInt64(part))])
            {
                BinaryPrimitives.WriteUInt32LittleEndian(number, value);
                entries.Write(number);
            }

            if (!hasChecksums)
            {
                entries.SetLength(entries.Length - sizeof(uint));
                entries.Position = entries.Length;
            }
        }

        table = (int)file.Length;
        foreach (uint value in (uint[])[0x184D2A5E, (uint)entries.Length + 9])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(number, value);
            file.Write(number);
        }

        file.Write(entries.ToArray());
        BinaryPrimitives.WriteInt32LittleEndian(number, count);
        file.Write(number);
        file.WriteByte(hasChecksums ? (byte)0x80 : (byte)0);
        BinaryPrimitives.WriteUInt32LittleEndian(number, 0x8F92EAB1);
        file.Write(number);
        return file.ToArray();
    }

    private static string Twice(string writer) => $"d=$(mktemp -d); cat >$d/a; head -c 1234567 $d/a | {writer}; tail -c +1234568 $d/a | {writer}; rm -r $d";
}
