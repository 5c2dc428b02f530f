using ImageFs.FileSystems.Xfs.Checks;

namespace ImageFs.Tests.FileSystems.Xfs.Checks;

internal sealed class InodeChunkTests
{
    private static readonly byte[] s_record = [0, 0, 1, 0, 0x00, 0x03, 56, 2, 0, 0, 0, 0, 0, 0, 3, 0xFF];

    [Test]
    public void A_chunk_that_is_there_in_part_has_its_holes_and_its_free_inodes()
    {
        var chunk = InodeChunk.Read(s_record, hasHoles: true);
        Assert.That((chunk.First, chunk.Count, chunk.FreeCount), Is.EqualTo((256u, 56, 2u)));
        Assert.That(chunk.FindProblem(), Is.Null);
        Assert.That((chunk.IsThere(7), chunk.IsThere(8), chunk.IsUsed(8), chunk.IsUsed(9), chunk.IsUsed(10)), Is.EqualTo((false, true, false, false, true)));
    }

    [Test]
    public void Without_holes_the_same_bytes_are_a_count()
    {
        var chunk = InodeChunk.Read(s_record, hasHoles: false);
        Assert.That((chunk.Holes, chunk.FreeCount), Is.EqualTo((0ul, 0x33802u)));
        Assert.That(chunk.FindProblem(), Does.Contain("free inodes"));
    }

    [TestCase(7, 1, "it counts 1 free inodes, and has 2")]
    [TestCase(15, 0, "inodes that are not there are in use")]
    public void A_record_that_contradicts_itself_is_told(int place, byte value, string problem)
    {
        byte[] record = [.. s_record];
        record[place] = value;
        Assert.That(InodeChunk.Read(record, hasHoles: true).FindProblem(), Is.EqualTo(problem));
    }
}
