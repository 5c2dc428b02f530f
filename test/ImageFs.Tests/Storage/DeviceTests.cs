using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>A bottom that is not a file, under the layers that everything stands on.</summary>
public sealed class DeviceTests
{
    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7 % 251))];

    private readonly TestDevice _device = new(s_bytes);

    [OneTimeTearDown]
    public void Close() => _device.Dispose();

    [Test]
    public void An_extent_lies_on_the_device_and_in_no_file()
    {
        LocatedExtent extent = new BlockSlice(_device, 1000, 5000).Locate(10, 100);

        Assert.That(extent, Is.EqualTo(new LocatedExtent(10, 100, ExtentKind.Mapped, 1010, _device)));
        Assert.That((extent.Device, extent.File), Is.EqualTo(((Device?)_device, (FileDevice?)null)));
    }

    [Test]
    public void Its_bytes_are_read_as_they_are_in_one_read()
    {
        byte[] read = new byte[3000];
        int before = _device.Reads;
        new BlockSlice(_device, 1000, 5000).ReadAt(7, read);

        Assert.That(read, Is.EqualTo(s_bytes[1007..4007]));
        Assert.That(_device.Reads - before, Is.EqualTo(1));
    }

    [Test]
    public void What_will_be_wanted_is_asked_for_by_its_place_on_the_device()
    {
        using var device = new TestDevice(s_bytes);
        new BlockSlice(device, 1000, 5000).Prefetch(10, 10_000);

        Assert.That(device.Prefetched, Is.EqualTo(new[] { (1010L, 4990L) }));
        Assert.That(device.Reads, Is.Zero);
    }

    [Test]
    public void Bytes_behind_its_end_are_an_error() =>
        Assert.That(() => _device.ReadAt(99_999, new byte[2]), Throws.TypeOf<TruncatedImageException>());

    [Test]
    public void A_failure_is_the_readers_and_is_not_remembered()
    {
        using var device = new TestDevice(s_bytes);
        var cache = new BlockCache(device, 4096, new BlockPool(65536));
        byte[] read = new byte[10];
        device.Bad = (8192, 8193);

        Assert.That(() => cache.ReadAt(8190, read), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        cache.ReadAt(8193, read);
        Assert.That(read, Is.EqualTo(s_bytes[8193..8203]), "what lies beside can be read");
        device.Bad = null;
        cache.ReadAt(8190, read);
        Assert.That(read, Is.EqualTo(s_bytes[8190..8200]));
    }

    [Test]
    public void It_says_of_itself_what_it_need_not() =>
        Assert.That((_device.LogicalBlockSize, _device.PhysicalBlockSize, _device.HoleLength(0)), Is.EqualTo((1, 65536, 0L)));

    [Test]
    public void A_file_knows_its_holes()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (FileStream stream = File.OpenWrite(path))
            {
                stream.SetLength(1 << 20);
                stream.Position = 1 << 19;
                stream.Write(s_bytes);
            }

            using FileDevice device = FileDevice.Open(path);
            Assert.That((device.HoleLength(4096), device.HoleLength((1 << 19) + 1)), Is.EqualTo(((1L << 19) - 4096, 0L)));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
