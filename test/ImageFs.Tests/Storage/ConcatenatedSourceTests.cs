using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

public sealed class ConcatenatedSourceTests
{
    private static readonly BlockSource s_first = new MemorySource(new byte[] { 1, 2, 3 });
    private static readonly BlockSource s_second = new MemorySource(new byte[] { 4, 5 });

    private static readonly ConcatenatedSource s_source = new([s_first, new MemorySource(Array.Empty<byte>()), s_second]);

    [TestCase(0, 3)]
    [TestCase(2, 1)]
    public void A_run_ends_with_its_part(long offset, long length)
    {
        Extent extent = s_source.Map(offset, 100, out BlockSource below);

        Assert.That(below, Is.SameAs(s_first));
        Assert.That(extent, Is.EqualTo(Extent.Mapped(offset, length, offset)));
    }

    [Test]
    public void An_empty_part_is_nothing()
    {
        Extent extent = s_source.Map(3, 100, out BlockSource below);

        Assert.That(below, Is.SameAs(s_second));
        Assert.That(extent, Is.EqualTo(Extent.Mapped(3, 2, 0)));
    }

    [Test]
    public void It_reads_across_its_parts()
    {
        byte[] read = new byte[3];
        s_source.ReadAt(1, read);

        Assert.That(read, Is.EqualTo((byte[])[2, 3, 4]));
        Assert.That(s_source.Length, Is.EqualTo(5));
        Assert.That(() => s_source.ReadAt(3, read), Throws.TypeOf<TruncatedImageException>());
    }
}
