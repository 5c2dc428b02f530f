using System.IO.Compression;
using ImageFs.FileSystems.Fat;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>FAT without the marks of later versions: of DOS 1 to 3, of the Atari, of MSX; and what is none.</summary>
internal sealed class EarlyVolumeTests
{
    // The jumps of DOS 2, the Atari (BRA.S), MSX; none at all.
    private static readonly byte[][] s_jumps = [[0xEB, 0x34, 0x90], [0x60, 0x38, 0x90], [0xEB, 0xFE, 0x90], [0xE9, 0x00, 0x00], [0, 0, 0]];

    private static readonly int[] s_widths = [12, 16, 32];

    private static IEnumerable<string> OtherImages =>
        Directory.EnumerateFiles(Folder, "*.gz", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path))
            .Where(path => !path.StartsWith("fat/", StringComparison.Ordinal) && !path.StartsWith("invalid/fat-", StringComparison.Ordinal));

    private static string Folder => Path.Combine(SourceTree.Folder, "images");

    private static bool Probe(byte[] bytes) => new FatFormat().Probe(new MemorySource(bytes));

    /// <summary>A volume with no mark but its parameter block and the start of its tables.</summary>
    private static FatImage Make(int width, byte[] jump, int sectorSize = 512, byte media = 0xF9)
    {
        var image = new FatImage(width, width == 16 ? 5000u : 1000u, sectorSize);
        image.SetLink(0, image.End & ~0xFFu | media);
        image.SetLink(1, image.End);
        int extended = width == 32 ? 64 : 36;
        image.Bytes.AsSpan(extended, 26).Clear();
        jump.CopyTo(image.Bytes, 0);
        image.Bytes[21] = media;
        image.Put16(510, 0);
        image.Chain(10);
        image.Add(0, FatImage.Entry("HELLO   TXT", cluster: 10, size: 6));
        return image;
    }

    [Test]
    public void A_parameter_block_that_agrees_with_the_table_is_enough(
        [ValueSource(nameof(s_widths))] int width, [ValueSource(nameof(s_jumps))] byte[] jump)
    {
        FileSystem fs = Make(width, jump).Open();
        Assert.That(fs.ReadAll("HELLO.TXT"), Is.EqualTo((byte[])[10, 10, 10, 10, 10, 10]));
    }

    [TestCase(1024)]
    [TestCase(4096)]
    [TestCase(8192)]
    public void Sectors_of_the_Atari_are_larger(int sectorSize)
    {
        FileSystem fs = Make(16, s_jumps[1], sectorSize).Open();
        Assert.That(fs.ReadAll("HELLO.TXT"), Has.Length.EqualTo(6));
        Assert.That(fs.Statistics.BlockSize, Is.EqualTo(sectorSize));
    }

    [TestCase(0xF0)]
    [TestCase(0xF7)]
    [TestCase(0xFF)]
    public void Any_medium_will_do(byte media) => Assert.That(Probe(Make(12, s_jumps[0], media: media).Bytes));

    [Test]
    public void Code_is_not_taken_for_a_serial_number_a_label_or_a_mark_of_use()
    {
        FatImage image = Make(12, s_jumps[2]);
        image.Bytes.AsSpan(36, 474).Fill(0x29);
        var warnings = new List<string>();
        ImageDescription description = image.Open(warnings: warnings).Describe();
        Assert.That(description.Find("uuid"), Is.Null);
        Assert.That(description.Find("label"), Is.Null);
        Assert.That(warnings, Is.Empty);
    }

    [Test]
    public void What_does_not_agree_is_not_FAT(
        [ValueSource(nameof(s_widths))] int width, [Values("medium", "first", "second", "table", "length", "zeros")] string what)
    {
        FatImage image = Make(width, s_jumps[1]);
        byte[] bytes = image.Bytes;
        switch (what)
        {
            case "medium":
                bytes[image.LinkAddress(0)] = 0x80;
                break;
            case "first":
                bytes[image.LinkAddress(0) + 1] = 0x7F;
                break;
            case "second":
                bytes[image.LinkAddress(0) + (width == 12 ? 2 : width == 16 ? 2 : 5)] = 0;
                break;
            case "table":
                // More clusters than the table has entries for.
                image.Put32(32, BitConverter.ToUInt32(bytes, 32) + 2000);
                bytes = [.. bytes, .. new byte[2000 * 512]];
                break;
            case "length":
                bytes = bytes[..^512];
                break;
            default:
                bytes.AsSpan(512).Clear();
                break;
        }

        Assert.That(Probe(bytes), Is.False);
    }

    [TestCase(160, 1, 64, 0xFE, 1)]
    [TestCase(180, 1, 64, 0xFC, 2)]
    [TestCase(320, 2, 112, 0xFF, 1)]
    [TestCase(360, 2, 112, 0xFD, 2)]
    public void Disks_of_DOS_1_have_no_parameter_block(int kibibytes, int sectorsPerCluster, int rootEntries, byte media, int fatSize)
    {
        byte[] disk = new byte[kibibytes * 1024];
        disk.AsSpan(0, 512).Fill(0xA5);
        for (int copy = 0; copy < 2; copy++)
        {
            ((byte[])[media, 0xFF, 0xFF, 0xFF, 0x0F]).CopyTo(disk, 512 * (1 + (copy * fatSize)));
        }

        int root = 512 * (1 + (2 * fatSize));
        FatImage.Entry("COMMAND COM", cluster: 2, size: 3).CopyTo(disk, root);
        "DOS"u8.CopyTo(disk.AsSpan(root + (rootEntries * 32)));
        FileSystem fs = VolumeFixture.Open(disk);
        Assert.That(fs.ReadAll("COMMAND.COM"), Is.EqualTo("DOS"u8.ToArray()));
        Assert.That(fs.Statistics.BlockSize, Is.EqualTo(512 * sectorsPerCluster));

        Assert.That(Probe([.. disk, .. new byte[512]]), Is.False, "another size");
        disk[512]--;
        Assert.That(Probe(disk), Is.False, "another medium");
    }

    [TestCaseSource(nameof(OtherImages))]
    public void Other_images_are_no_FAT(string name)
    {
        using var packed = new GZipStream(File.OpenRead(Path.Combine(Folder, name)), CompressionMode.Decompress);
        byte[] start = new byte[1 << 20];
        start = start[..packed.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        Assert.That(Probe(start), Is.False);
    }

    [TestCase("NTFS    ", 0, 3, TestName = "{m}(NTFS)")]
    [TestCase("EXFAT   ", 0, 3, TestName = "{m}(exFAT)")]
    [TestCase("HPFS    ", 2, 54, TestName = "{m}(HPFS)")]
    [TestCase("JFS     ", 2, 54, TestName = "{m}(JFS)")]
    public void Boot_sectors_of_other_systems_are_no_FAT(string type, int tables, int place)
    {
        FatImage image = Make(16, s_jumps[0]);
        System.Text.Encoding.ASCII.GetBytes(type, image.Bytes.AsSpan(place));
        image.Bytes[16] = (byte)tables;
        image.Put16(510, 0xAA55);
        Assert.That(Probe(image.Bytes), Is.False);
    }

    [Test]
    public void Zeros_ones_and_noise_are_no_FAT()
    {
        var random = new Random(1);
        byte[] disk = new byte[360 * 1024];
        foreach (byte fill in (byte[])[0, 0xFF, 0xF6, 0xE5])
        {
            disk.AsSpan().Fill(fill);
            Assert.That(Probe(disk), Is.False);
        }

        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(disk.AsSpan(0, 8192));
            Assert.That(Probe(disk), Is.False);
        }
    }
}
