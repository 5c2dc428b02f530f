using System.Buffers.Binary;
using ImageFs.Checking;
using ImageFs.Images;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tests.FileSystems.Ext;
using ImageFs.Tests.Storage.Volumes.Lvm;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.Program;

/// <summary>What <c>verify</c> makes of its checks: nothing is sound that was not checked.</summary>
public sealed class VerificationTests
{
    private const int SuperBlock = 1024;
    private const int IncompatibleFeatures = SuperBlock + 0x60;
    private const int FirstPartition = 1 << 20;
    private const int Sector = 512;

    private static readonly byte[] s_ext = ExtImages.Read("journal-v3");

    private string _path = null!;

    [SetUp]
    public void MakeFile() => _path = Path.GetTempFileName();

    [TearDown]
    public void RemoveFile() => File.Delete(_path);

    [Test]
    public void An_image_that_is_checked_to_its_end_is_sound()
    {
        Verdict verdict = Verify(s_ext);
        Assert.That((verdict.IsSound, verdict.Status, verdict.Word, verdict.ToString()), Is.EqualTo((true, 0, "sound", "sound")));
    }

    [Test]
    public void A_file_system_that_cannot_be_opened_is_never_sound([Range(0, 31)] int bit)
    {
        byte[] image = [.. s_ext];
        Span<byte> field = image.AsSpan(IncompatibleFeatures);
        BinaryPrimitives.WriteUInt32LittleEndian(field, BinaryPrimitives.ReadUInt32LittleEndian(field) ^ (1u << bit));
        Verdict verdict = Verify(image);
        Assert.That(verdict.IsSound, Is.EqualTo(CanList(image)), verdict.ToString());
        Assert.That(verdict.Status, Is.EqualTo(verdict.IsSound ? 0 : verdict.IsOpen && verdict.Findings == 0 ? 32 : 1));
    }

    [Test]
    public void A_file_system_that_is_not_read_is_not_sound_beside_one_that_is()
    {
        Verdict verdict = Verify(Disk(s_ext, [.. "UBI#"u8, .. new byte[Sector - 4]]));
        Assert.That((verdict.Status, verdict.Word, verdict.ToString()), Is.EqualTo((32, "undecided", "not all could be checked")));
    }

    [Test]
    public void Nor_is_a_disk_without_any_other()
    {
        Verdict verdict = Verify(Disk(Swap()));
        Assert.That((verdict.Status, verdict.ToString()), Is.EqualTo((32, "no file system could be checked")));
    }

    [Test]
    public void Swap_space_beside_it_has_nothing_to_check() => Assert.That(Verify(Disk(s_ext, Swap())).Status, Is.Zero);

    [TestCase(CheckState.Done, true)]
    [TestCase(CheckState.Absent, true)]
    [TestCase(CheckState.Blocked, false)]
    public void Any_check_that_is_blocked_decides_whatever_its_name_is(CheckState state, bool isSound)
    {
        CheckOutcome[] outcomes =
        [
            new(string.Empty, "ext4", string.Empty, CheckState.Done, string.Empty, []) { IsFileSystem = true },
            new(string.Empty, "files", string.Empty, state, "why", []),
        ];
        Assert.That(new Verdict(outcomes).IsSound, Is.EqualTo(isSound));
    }

    [Test]
    public void A_device_that_nobody_gave_leaves_it_undecided()
    {
        Verdict verdict = Verify(DiskImage.Read("erofs/device.img"));
        Assert.That((verdict.Status, verdict.ToString()), Is.EqualTo((32, "not all could be checked")));
    }

    [Test]
    public void What_takes_several_volumes_away_is_told_once()
    {
        string volumes = LvmImage.Volume("one", (1, LvmImage.Linear("pv1", 0))) + LvmImage.Volume("two", (1, LvmImage.Linear("pv1", 1)));
        byte[] first = LvmImage.Write(0, 2, LvmImage.Text([2, 2], volumes));
        Assert.That(Verify(first).Findings, Is.EqualTo(1));
        string other = Path.GetTempFileName();
        try
        {
            byte[] second = LvmImage.Write(1, 2, LvmImage.Text([2, 2], volumes));
            File.WriteAllBytes(other, second);
            Assert.That(Verify(first, other).Findings, Is.Zero);
            second[LvmImage.AreaStart + 700] ^= 1;
            File.WriteAllBytes(other, second);
            Assert.That(Verify(first, other).Findings, Is.EqualTo(1), "the further image is checked too");
        }
        finally
        {
            File.Delete(other);
        }
    }

    private static bool CanList(byte[] image)
    {
        try
        {
            var fileSystem = ExtImages.Open(image);
            return DirectoryContents.Read(fileSystem, fileSystem.Root).Entries.Count > 0;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    private static byte[] Swap()
    {
        byte[] space = new byte[64 << 10];
        "SWAPSPACE2"u8.CopyTo(space.AsSpan(4086));
        return space;
    }

    // An MBR, and the partitions one after the other.
    private static byte[] Disk(params byte[][] partitions)
    {
        byte[] disk = new byte[FirstPartition + partitions.Sum(partition => partition.Length)];
        disk[510] = 0x55;
        disk[511] = 0xAA;
        int start = FirstPartition;
        for (int i = 0; i < partitions.Length; i++)
        {
            partitions[i].CopyTo(disk, start);
            Span<byte> entry = disk.AsSpan(446 + (16 * i), 16);
            entry[4] = 0x83;
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], start / Sector);
            BinaryPrimitives.WriteInt32LittleEndian(entry[12..], partitions[i].Length / Sector);
            start += partitions[i].Length;
        }

        return disk;
    }

    private Verdict Verify(byte[] image, params IEnumerable<string> others)
    {
        File.WriteAllBytes(_path, image);
        using ImageStack stack = ImageStack.Open([_path, .. others], new OpenContext());
        var verification = new Verification(stack);
        verification.Prepare();
        return new Verdict([.. verification.Run((_, _) => { }, _ => { })]);
    }
}
