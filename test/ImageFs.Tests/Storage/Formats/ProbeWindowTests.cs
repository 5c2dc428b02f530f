using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Formats;

internal sealed class ProbeWindowTests
{
    [Test]
    public void It_has_the_bytes_of_its_source([Values(1, 4095, 4096, 131072, 131073, 262144, 262145, 1 << 20)] int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        foreach (BlockSource source in (BlockSource[])[new MemorySource(bytes), new TestDevice(bytes), new BlockSlice(new TestDevice(bytes), 0, length)])
        {
            var window = ProbeWindow.Over(source);
            Assert.That(window.Length, Is.EqualTo(length));
            var random = new Random(7);
            for (int i = 0; i < 50; i++)
            {
                int start = random.Next(length);
                byte[] part = new byte[random.Next(length - start) + 1];
                window.ReadAt(start, part);
                Assert.That(part.AsSpan().SequenceEqual(bytes.AsSpan(start, part.Length)));
                Assert.That(bytes.AsSpan(start).StartsWith(window.From(start)));
                Assert.That(window.From(start).Length, Is.AtLeast(1));
            }

            Assert.That(window.From(-1).IsEmpty && window.From(length).IsEmpty);
        }
    }

    [Test]
    public void All_that_a_disk_far_away_may_be_takes_few_requests()
    {
        foreach (string name in (string[])["ext/ext4.img", "fat/fat32.img", "sample.iso", "udf/bdr250.img"])
        {
            byte[] bytes = DiskImage.Read(name);
            var device = new TestDevice(bytes);
            Recogniser.Recognise(device);
            long middle = Math.Max(0, bytes.Length - (2L * ProbeWindow.EndLength));

            // The two ends are one request each; between them a mark is one.
            Assert.That(device.Reads, Is.LessThan(middle == 0 ? 3 : 50), name);
        }
    }

    [Test]
    public void A_bad_sector_at_the_start_does_not_take_the_rest_along()
    {
        byte[] bytes = new byte[1 << 20];
        "mark"u8.CopyTo(bytes.AsSpan(300_000));
        var device = new TestDevice(bytes) { Bad = (100, 200) };
        var window = ProbeWindow.Over(device);
        Assert.That(window.Has(300_000, "mark"u8));
        Assert.That(() => window.Has(0, "mark"u8), Throws.TypeOf<LinuxException>());
        Assert.That(() => window.ReadAt(100, new byte[1]), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void Marks_are_found_where_they_may_be()
    {
        byte[] bytes = new byte[10_000];
        "ab"u8.CopyTo(bytes.AsSpan(4095));
        "end"u8.CopyTo(bytes.AsSpan(9_997));
        var window = ProbeWindow.Over(new MemorySource(bytes));
        Assert.That(new Mark(4095, "ab").IsIn(window));
        Assert.That(new Mark(-3, "end").IsIn(window));
        Assert.That(new Mark(1, "ab") { Places = 5, Step = 2047 }.IsIn(window));
        Assert.That(new Mark(1, "ab") { Places = 2, Step = 2047 }.IsIn(window), Is.False);
        Assert.That(new Mark(9_999, "do").IsIn(window), Is.False);
        Assert.That(new Mark(-20_000, "end").IsIn(window), Is.False);
    }
}
