using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Parity;
using ImageFs.Tests.Storage;

namespace ImageFs.Tests.FileSystems.Btrfs.Devices;

/// <summary>Logical addresses on devices in memory, with parity that was computed here.</summary>
internal sealed class LogicalSourceTests
{
    private const int MiB = 1 << 20;
    private const long Start = 16 << 20;
    private const int Stripe = (int)ChunkBytes.Stripe;

    private static readonly BlockGroupFlags[] s_parity = [BlockGroupFlags.Raid5, BlockGroupFlags.Raid6];

    [Test]
    public void What_is_on_devices_that_are_there_is_a_piece_of_them()
    {
        var raid = new Raid(BlockGroupFlags.Raid0, 3, 1);
        LogicalSource source = raid.Open();

        Extent first = source.Map(Start + 100, MiB, out BlockSource device);
        Assert.That((first.Kind, first.Length, first.Address), Is.EqualTo((ExtentKind.Mapped, (long)Stripe - 100, MiB + 100L)));
        Assert.That(device, Is.SameAs(raid.Sources[0]));
        source.Map(Start + Stripe, MiB, out device);
        Assert.That(device, Is.SameAs(raid.Sources[1]));
        Assert.That(raid.ReadAll(source), Is.EqualTo(raid.Data));
    }

    [Test]
    public void One_copy_that_is_left_is_enough([Values(BlockGroupFlags.Raid1, BlockGroupFlags.Raid10)] BlockGroupFlags profile, [Values(0, 1)] int missing)
    {
        var raid = new Raid(profile, profile == BlockGroupFlags.Raid1 ? 2 : 4, profile == BlockGroupFlags.Raid1 ? 1 : 2);
        LogicalSource source = raid.Open(missing);

        Assert.That(raid.ReadAll(source), Is.EqualTo(raid.Data));
        Assert.That(source.CopiesAt(Start), Is.EqualTo(2));
    }

    [Test]
    public void Parity_replaces_as_many_devices_as_there_are_of_it([ValueSource(nameof(s_parity))] BlockGroupFlags profile, [Values(3, 4, 5)] int devices)
    {
        var raid = new Raid(profile, devices, 1);
        Assert.That(raid.ReadAll(raid.Open()), Is.EqualTo(raid.Data));
        for (int first = 0; first < devices; first++)
        {
            Assert.That(raid.ReadAll(raid.Open(first)), Is.EqualTo(raid.Data), $"without {first}");
            for (int second = first + 1; second < devices; second++)
            {
                LogicalSource source = raid.Open(first, second);
                Assert.That(
                    () => raid.ReadAll(source),
                    profile == BlockGroupFlags.Raid6 ? Is.EqualTo(raid.Data) : Throws.TypeOf<TruncatedImageException>(),
                    $"without {first} and {second}");
            }
        }

        Assert.That(() => raid.ReadAll(raid.Open(0, 1, 2)), Throws.TypeOf<TruncatedImageException>());
    }

    [Test]
    public void Bytes_that_are_put_together_are_its_own_and_the_others_are_not()
    {
        LogicalSource source = new Raid(BlockGroupFlags.Raid5, 3, 1).Open(missing: 0);

        Assert.That(source.Map(Start, MiB, out BlockSource below).Kind, Is.EqualTo(ExtentKind.Own));
        Assert.That(below, Is.SameAs(source));
        Assert.That(source.OwnAt(Start), Is.EqualTo(OwnBytes.Rebuilt));
        Assert.That(new Raid(BlockGroupFlags.Raid5, 3, 1).Open(0, 1).OwnAt(Start), Is.EqualTo(OwnBytes.Missing));
        Assert.That(new Raid(BlockGroupFlags.Raid0, 3, 1).Open(missing: 0).OwnAt(Start), Is.EqualTo(OwnBytes.Missing));
        Assert.That(source.ByteCount, Is.EqualTo(new Raid(BlockGroupFlags.Raid5, 3, 1).Data.Length));
        Assert.That(source.Map(Start + Stripe, MiB, out _).Kind, Is.EqualTo(ExtentKind.Mapped));
    }

    [Test]
    public void Each_copy_does_without_what_the_others_believe([ValueSource(nameof(s_parity))] BlockGroupFlags profile)
    {
        var raid = new Raid(profile, 5, 1);
        LogicalSource source = raid.Open();
        int copies = source.CopiesAt(Start);
        Assert.That(copies, Is.EqualTo(profile == BlockGroupFlags.Raid5 ? 2 : 5));

        // Another member of the row is bad, too: some copy of RAID 6 does without both.
        for (int bad = 0; bad < 5; bad++)
        {
            byte[] copy = new byte[5000];
            raid.Bytes[bad].AsSpan(MiB, Stripe).Fill(0xEE);
            bool isFound = Enumerable.Range(0, copies).Any(i =>
            {
                source.ReadCopy(i, Start, copy);
                return copy.AsSpan().SequenceEqual(raid.Data.AsSpan(0, copy.Length));
            });
            Assert.That(isFound, $"with {bad} bad");
            raid.Restore();
        }
    }

    [Test]
    public void Two_bad_members_of_a_row_are_survived_by_RAID_6()
    {
        var raid = new Raid(BlockGroupFlags.Raid6, 5, 1);
        LogicalSource source = raid.Open();
        for (int other = 1; other < 5; other++)
        {
            raid.Bytes[0].AsSpan(MiB, Stripe).Fill(0xEE);
            raid.Bytes[other].AsSpan(MiB, Stripe).Fill(0xDD);
            byte[] copy = new byte[5000];
            int good = Enumerable.Range(0, source.CopiesAt(Start)).Count(i =>
            {
                source.ReadCopy(i, Start, copy);
                return copy.AsSpan().SequenceEqual(raid.Data.AsSpan(0, copy.Length));
            });
            Assert.That(good, Is.EqualTo(1), $"with 0 and {other} bad");
            raid.Restore();
        }
    }

    // Two devices fail of RAID 6, one of all others; each of them in turn.
    [TestCase(BlockGroupFlags.Dup, 2, 1)]
    [TestCase(BlockGroupFlags.Raid1, 2, 1)]
    [TestCase(BlockGroupFlags.Raid10, 4, 2)]
    [TestCase(BlockGroupFlags.Raid5, 3, 1)]
    [TestCase(BlockGroupFlags.Raid6, 5, 1)]
    public void What_a_device_fails_to_give_is_read_from_the_others(BlockGroupFlags profile, int devices, int subStripes)
    {
        int reads = 0;
        for (int i = 0; i < devices; i++)
        {
            var raid = new Raid(profile, devices, subStripes);
            int second = profile == BlockGroupFlags.Raid6 ? (i + 2) % devices : i;
            TestDevice[] failing = [raid.Fail(i), raid.Fail(second)];
            LogicalSource source = raid.Open();
            Assert.That(raid.ReadAll(source), Is.EqualTo(raid.Data), $"{i} and {second} fail");
            reads += failing.Sum(device => device.Reads);
        }

        Assert.That(reads, Is.Positive);
    }

    [Test]
    public void What_every_device_fails_to_give_is_the_error_of_the_first()
    {
        var raid = new Raid(BlockGroupFlags.Raid1, 2, 1);
        raid.Fail(0);
        raid.Fail(1);
        LogicalSource source = raid.Open();

        Assert.That(() => raid.ReadAll(source), Throws.TypeOf<LinuxException>().With.Message.Contains("device 0"));
    }

    [Test]
    public void A_device_that_is_cut_short_is_missing_from_there_on()
    {
        var raid = new Raid(BlockGroupFlags.Raid1, 2, 1);
        raid.Cut(0, MiB + 1000);
        LogicalSource source = raid.Open();

        Assert.That(source.Map(Start, MiB, out _).Length, Is.EqualTo(1000));
        Assert.That(raid.ReadAll(source), Is.EqualTo(raid.Data));
    }

    [Test]
    public void Where_no_chunk_is_there_is_nothing()
    {
        LogicalSource source = new Raid(BlockGroupFlags.Raid1, 2, 1).Open();

        Assert.That(source.CopiesAt(Start - 1), Is.Zero);
        Assert.That(source.CopiesAt(source.Length), Is.Zero);
        Assert.That(() => source.Map(Start - 1, 1, out _), Throws.TypeOf<InvalidImageException>());
        Assert.That(() => source.ReadCopy(0, Start - 1, new byte[1]), Throws.TypeOf<InvalidImageException>());
    }

    [Test]
    public void Chunks_that_overlap_are_refused()
    {
        byte[] item = ChunkBytes.Make(BlockGroupFlags.Data, MiB, 1);
        var devices = new DeviceTable();
        Chunk[] chunks = [Chunk.Read(Start, item, 0, 4096, devices), Chunk.Read(Start + MiB - 4096, item, 0, 4096, devices)];

        Assert.That(() => new LogicalSource(chunks), Throws.TypeOf<InvalidImageException>().With.Message.Contains("begins inside"));
    }

    /// <summary>Devices with a chunk of random data, written as the profile has it.</summary>
    private sealed class Raid
    {
        private readonly byte[] _item;
        private readonly byte[][] _good;

        public Raid(BlockGroupFlags profile, int devices, int subStripes)
        {
            int parity = profile switch { BlockGroupFlags.Raid5 => 1, BlockGroupFlags.Raid6 => 2, _ => 0 };
            int copies = profile switch { BlockGroupFlags.Raid1 or BlockGroupFlags.Dup => devices, BlockGroupFlags.Raid10 => subStripes, _ => 1 };
            int columns = (devices / copies) - parity;
            const int Rows = 7;
            Data = new byte[Rows * columns * Stripe];
            new Random(devices).NextBytes(Data);
            Bytes = [.. Enumerable.Range(0, devices).Select(_ => new byte[(2 * MiB) + (Rows * Stripe)])];
            for (int stripe = 0; stripe < Rows * columns; stripe++)
            {
                (int row, int column) = (stripe / columns, stripe % columns);
                ReadOnlySpan<byte> data = Data.AsSpan(stripe * Stripe, Stripe);
                for (int copy = 0; copy < copies; copy++)
                {
                    data.CopyTo(Place(parity > 0 ? (row + column) % devices : (column * copies) + copy, row));
                }

                if (parity > 0)
                {
                    GaloisField.Add(Place((row + columns) % devices, row), data);
                }

                if (parity > 1)
                {
                    byte[] multiple = data.ToArray();
                    GaloisField.Scale(multiple, GaloisField.Power(column));
                    GaloisField.Add(Place((row + columns + 1) % devices, row), multiple);
                }
            }

            _good = [.. Bytes.Select(bytes => (byte[])bytes.Clone())];
            _item = ChunkBytes.Make(BlockGroupFlags.Data | profile, Data.Length, devices, subStripes);
            Sources = [.. Bytes.Select(bytes => new MemorySource(bytes))];
        }

        public byte[] Data { get; }

        public byte[][] Bytes { get; }

        public BlockSource[] Sources { get; }

        public LogicalSource Open(params int[] missing)
        {
            var devices = new DeviceTable();
            for (int i = 0; i < Sources.Length; i++)
            {
                if (!missing.Contains(i))
                {
                    devices.Add(new MemberDevice(ChunkBytes.Key(i + 1), Sources[i]));
                }
            }

            return new LogicalSource([ChunkBytes.Read(_item, devices)]);
        }

        public LogicalSource Open(int missing) => Open([missing]);

        public byte[] ReadAll(LogicalSource source)
        {
            byte[] bytes = new byte[Data.Length];
            source.ReadAt(Start, bytes);
            return bytes;
        }

        /// <summary>From now on a device is an error wherever it is read.</summary>
        public TestDevice Fail(int device)
        {
            var failing = new TestDevice(Bytes[device], $"device {device}") { Bad = (0, long.MaxValue) };
            Sources[device] = failing;
            return failing;
        }

        public void Restore()
        {
            for (int i = 0; i < Bytes.Length; i++)
            {
                _good[i].CopyTo(Bytes[i], 0);
            }
        }

        public void Cut(int device, int length) => Sources[device] = new MemorySource(Bytes[device].AsMemory(0, length));

        private Span<byte> Place(int device, int row) => Bytes[device].AsSpan(MiB + (row * Stripe), Stripe);
    }
}
