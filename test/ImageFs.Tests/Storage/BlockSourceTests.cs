using FsCheck;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>Layers composed: what <see cref="BlockSource.Locate"/> says and what <see cref="BlockSource.ReadAt"/> reads.</summary>
public sealed class BlockSourceTests
{
    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, 10_000).Select(i => (byte)(i * 7 % 251))];

    private string _path = string.Empty;

    [SetUp]
    public void CreateFile()
    {
        _path = Path.GetTempFileName();
        File.WriteAllBytes(_path, s_bytes);
    }

    [TearDown]
    public void DeleteFile() => File.Delete(_path);

    [Test]
    public void A_file_in_a_slice_of_a_slice_lies_at_the_sum_of_their_places()
    {
        using FileDevice device = FileDevice.Open(_path);
        var disk = new BlockSlice(device, 100, 5000);
        var volume = new BlockSlice(disk, 1000, 3000);
        var file = new MappedSource(volume, new ExtentMapBuilder().Append(10, ExtentKind.Hole).AppendMapped(50, 7).Build());

        Assert.Multiple(() =>
        {
            Assert.That(file.Locate(0, 60), Is.EqualTo(new LocatedExtent(0, 10, ExtentKind.Hole, 0, file)));
            Assert.That(file.Locate(10, 60), Is.EqualTo(new LocatedExtent(10, 50, ExtentKind.Mapped, 1107, device)));
            Assert.That(file.Locate(15, 3), Is.EqualTo(new LocatedExtent(15, 3, ExtentKind.Mapped, 1112, device)));
            Assert.That(file.Locate(15, 3).Device, Is.SameAs(device));
        });
    }

    [Test]
    public void Holes_read_as_zeros_and_mapped_bytes_as_they_are()
    {
        using FileDevice device = FileDevice.Open(_path);
        var file = new MappedSource(
            device,
            new ExtentMapBuilder().AppendMapped(5, 9995).Append(3, ExtentKind.Hole).Append(2, ExtentKind.Unwritten).AppendMapped(4, 0).Build());
        byte[] read = new byte[14];
        file.ReadAt(0, read);

        Assert.That(read, Is.EqualTo((byte[])[.. s_bytes[9995..], 0, 0, 0, 0, 0, .. s_bytes[..4]]));
    }

    [Test]
    public void Bytes_behind_the_end_of_a_layer_below_are_an_error_and_those_before_it_are_read()
    {
        using FileDevice device = FileDevice.Open(_path);
        var file = new MappedSource(device, new ExtentMapBuilder().AppendMapped(20, 9990).Build());
        byte[] read = new byte[10];
        file.ReadAt(0, read);

        Assert.That(read, Is.EqualTo(s_bytes[9990..]));
        Assert.That(() => file.ReadAt(0, new byte[11]), Throws.TypeOf<TruncatedImageException>());
        Assert.That(() => file.Locate(10, 1), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Reading_behind_the_end_is_an_error()
    {
        using FileDevice device = FileDevice.Open(_path);

        Assert.That(() => device.ReadAt(9_999, new byte[2]), Throws.TypeOf<TruncatedImageException>());
        Assert.That(() => new BlockSlice(device, 0, 10).ReadAt(10, new byte[1]), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_file_cut_short_after_it_was_opened_is_an_error_not_zeros()
    {
        using FileDevice device = FileDevice.Open(_path);
        using (FileStream stream = File.OpenWrite(_path))
        {
            stream.SetLength(6000);
        }

        Assert.That(() => device.ReadAt(5_999, new byte[2]), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void A_loop_of_layers_is_found()
    {
        var loop = new Loop();
        Assert.That(() => loop.Locate(0, 1), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void A_wish_for_what_cannot_be_read_comes_to_nothing()
    {
        using FileDevice device = FileDevice.Open(_path);
        BlockSource[] sources =
        [
            new Loop(),
            new BlockSlice(device, s_bytes.Length + 1, 10),
            new MappedSource(device, new ExtentMapBuilder().Append(10, ExtentKind.Hole).Build()),
        ];
        Assert.That(() => Array.ForEach(sources, source => source.Prefetch(0, 1)), Throws.Nothing);
    }

    [Test]
    public void An_open_descriptor_is_read_by_its_number()
    {
        using FileStream stream = File.OpenRead(_path);
        using FileDevice device = FileDevice.Open($"/dev/fd/{stream.SafeFileHandle.DangerousGetHandle()}");
        byte[] read = new byte[10];
        device.ReadAt(50, read);

        Assert.That(read, Is.EqualTo(s_bytes[50..60]));
    }

    [TestCase("/")]
    [TestCase("/dev/null")]
    [TestCase("/nonexistent/image")]
    public void What_is_neither_file_nor_block_device_is_refused(string path) =>
        Assert.That(() => FileDevice.Open(path), Throws.TypeOf<Linux.LinuxException>());

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool Reading_equals_the_bytes_through_the_map(ExtentMap map, NonNegativeInt place, PositiveInt length)
    {
        if (map.Length == 0)
        {
            return true;
        }

        var below = new MemorySource(new byte[205_000].Select((_, i) => (byte)(i % 253)).ToArray());
        var file = new MappedSource(below, map);
        long offset = place.Get % map.Length;
        byte[] read = new byte[Math.Min(length.Get % 8192, map.Length - offset)];
        file.ReadAt(offset, read);

        for (int i = 0; i < read.Length; i++)
        {
            Extent extent = map.Find(offset + i, 1);
            if (read[i] != (extent.IsZero ? 0 : (byte)(extent.Address % 253)))
            {
                return false;
            }
        }

        return true;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool Composition_is_associative(ExtentMap upper, ExtentMap lower, NonNegativeInt place)
    {
        using FileDevice device = FileDevice.Open("/proc/self/exe");
        var below = new MappedSource(device, lower);
        var file = new MappedSource(below, upper);
        if (upper.Length == 0)
        {
            return true;
        }

        long offset = place.Get % upper.Length;
        Extent first = upper.Find(offset, long.MaxValue);
        if (first.IsZero || first.Address >= lower.Length)
        {
            return true;
        }

        Extent second = lower.Find(first.Address, first.Length);
        if (second.Kind == ExtentKind.Mapped && second.Address >= device.Length)
        {
            return true;
        }

        LocatedExtent located = file.Locate(offset, long.MaxValue);
        return located.Kind == second.Kind
            && (second.IsZero || located.Address == second.Address)
            && located.Length == Math.Min(second.Length, second.IsZero ? long.MaxValue : device.Length - second.Address);
    }

    private sealed class Loop : BlockSource
    {
        private readonly MappedSource _other;

        internal Loop() => _other = new MappedSource(this, new ExtentMapBuilder().AppendMapped(Length, 0).Build());

        public override long Length => 10;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = _other;
            return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset);
        }
    }
}
