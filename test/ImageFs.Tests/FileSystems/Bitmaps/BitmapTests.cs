using ImageFs.FileSystems.Bitmaps;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Bitmaps;

/// <summary>Counting the bits of an allocation map.</summary>
public sealed class BitmapTests
{
    private static readonly byte[] s_bytes = [0xFF, 0b1010_0101, 0, 0x80, 1, 2, 3, 4, 0xFF, 0xFF];

    [Test]
    public void The_bits_that_are_asked_for_are_counted_and_no_more([Range(0, 80)] int bits)
    {
        int expected = Enumerable.Range(0, bits).Count(bit => (s_bytes[bit / 8] >> (bit % 8) & 1) != 0);
        Assert.That(Bitmap.CountSet(new MemorySource(s_bytes), 0, bits), Is.EqualTo(expected));
    }

    [Test]
    public void A_map_may_begin_anywhere() => Assert.That(Bitmap.CountSet(new MemorySource(s_bytes), 8, 12), Is.EqualTo(12));

    [Test]
    public void A_long_map_is_counted_piece_by_piece()
    {
        byte[] bytes = new byte[200_001];
        Array.Fill(bytes, (byte)0b0001_0001);
        Assert.That(Bitmap.CountSet(new MemorySource(bytes), 0, bytes.Length * 8L), Is.EqualTo(2 * bytes.Length));
    }

    [Test]
    public void What_is_after_the_end_of_the_image_is_an_error() =>
        Assert.That(() => Bitmap.CountSet(new MemorySource(s_bytes), 0, 81), Throws.InstanceOf<ImageException>());
}
