using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;
using static ImageFs.MountTests.Support.InfoReport;

namespace ImageFs.MountTests;

/// <summary>Partition tables of disks with large sectors, as sfdisk makes and reads them on a device that has those.</summary>
internal sealed class SectorSizeTests
{
    // Half of a MiB for each logical partition's own record, and all is a multiple of 4096 bytes.
    private static readonly string[] s_tables =
    [
        "label: dos\nstart=256, size=1024, type=83\nstart=2048, size=8192, type=5\nstart=2304, size=1024, type=83\nstart=4096, size=1024, type=83",
        "label: gpt\nstart=2048, size=1024\nstart=4096, size=1024, name=second",
    ];

    [TestCase(512, 0)]
    [TestCase(1024, 0)]
    [TestCase(2048, 0)]
    [TestCase(4096, 0)]
    [TestCase(512, 1)]
    [TestCase(1024, 1)]
    [TestCase(2048, 1)]
    [TestCase(4096, 1)]
    public void A_table_is_read_from_a_file_and_from_a_device(int sectorSize, int table)
    {
        using var folder = new TestFolder();
        string disk = folder["disk.img"];
        Sfdisk.Write(disk, 64, s_tables[table], sectorSize);
        Sfdisk.Table expected = Sfdisk.Read(disk, sectorSize);
        foreach (Sfdisk.Partition partition in expected.Partitions.Where(partition => partition.Type != "5"))
        {
            Tool.Shell("mke2fs -q -F -t ext4 -b 1024 -E offset=\"$2\" \"$1\" 256", disk, $"{partition.Start}").Succeeded();
        }

        using LoopDevice device = new(disk, "-b", $"{sectorSize}");
        Assert.Multiple(() =>
        {
            Assert.That(Read(disk), Is.EqualTo(Places(expected)), "the file");
            Assert.That(Read(device.Path), Is.EqualTo(Places(expected)), "the device");
            Assert.That(Read(disk, "-o", $"sector-size={sectorSize}"), Is.EqualTo(Places(expected)), "as told");
        });
    }

    private static (long Number, long Start, long Size)[] Places(Sfdisk.Table table) =>
        [.. table.Partitions.Select(partition => ((long)partition.Number, partition.Start, partition.Size))];

    private static (long Number, long Start, long Size)[] Read(string image, params string[] options) =>
        [.. Partitions(Of(image, options)).Select(part => (Number(part, "partn"), Number(part, "start"), Number(part, "size")))];
}
