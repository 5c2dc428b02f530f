using ImageFs.Checking;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Storage.Checking;
using ImageFs.Tests.FileSystems.Udf;
using ImageFs.Tree;

namespace ImageFs.Tests.Program;

/// <summary>Bytes that several files of a UDF volume have: on purpose where it was written as a whole, damage where it may be written to.</summary>
internal sealed class SharedExtentTests
{
    private const int Block = 2048;
    private const uint ReadOnly = 1;
    private const uint Overwritable = 4;

    // Extents by their first block and length in blocks.
    private static readonly TestCaseData<(uint, int)[][], bool>[] s_files =
    [
        new([[(0, 4)], [(0, 4)]], true) { TestName = "one extent, as oscdimg and hard links have it" },
        new([[(0, 4)], [(0, 4)], [(0, 4)]], true) { TestName = "of three files" },
        new([[(0, 8)], [(0, 2), (4, 2)], [(2, 2), (6, 2)]], true) { TestName = "the parts of 3D Blu-ray, the whole first" },
        new([[(0, 2), (4, 2)], [(2, 2), (6, 2)], [(0, 8)]], true) { TestName = "the parts of 3D Blu-ray, the whole last" },
        new([[(0, 2)], [(2, 2)], [(0, 8)]], true) { TestName = "parts of the beginning" },
        new([[(0, 4)], [(2, 4)]], false) { TestName = "extents that cross" },
        new([[(0, 4), (6, 2), (2, 4)]], false) { TestName = "a file that crosses itself" },
    ];

    [TestCaseSource(nameof(s_files))]
    public void What_is_shared_is_damage_or_not((uint Start, int Count)[][] files, bool isMeant)
    {
        Assert.That(Check(files, ReadOnly), isMeant ? Is.Zero : Is.Positive);
        Assert.That(Check(files, Overwritable), Is.Positive, "a volume that is written to");
    }

    [Test]
    public void Nothing_shared_is_no_finding() => Assert.That(Check([[(0, 2)], [(2, 2)]], Overwritable), Is.Zero);

    private static int Check((uint Start, int Count)[][] files, uint access)
    {
        var image = new UdfImage();
        foreach (uint sequence in (uint[])[UdfImage.MainSequence, UdfImage.ReserveSequence])
        {
            byte[] partition = UdfImage.PartitionDescriptor(sequence + 1, 1, 0, UdfImage.Partition, UdfImage.Blocks - UdfImage.Partition - 1);
            UdfBytes.U32(access).CopyTo(partition, 184);
            image.WriteVolume(sequence + 1, UdfBytes.Seal(partition, TagIdentifier.PartitionDescriptor, sequence + 1));
        }

        for (int i = 0; i < files.Length; i++)
        {
            image.Add($"file{i}", (uint)(3 + i), new FileParts
            {
                Form = ImageFs.FileSystems.Udf.Structures.AllocationForm.Long,
                Descriptors = [.. files[i].SelectMany(extent => UdfBytes.Long(extent.Count * Block, new(0, UdfImage.Data + extent.Start)))],
                Length = files[i].Sum(extent => extent.Count) * Block,
            });
        }

        var volume = image.Build();
        FileSystem fileSystem = UdfImage.Open(volume);
        var run = new CheckRun(static _ => { }, static _ => { });
        OverlapCheck.Of(fileSystem, volume).Run!(run);
        return run.Findings;
    }
}
