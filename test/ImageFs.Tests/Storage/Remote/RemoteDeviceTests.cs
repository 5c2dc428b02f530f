using System.Diagnostics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Remote;
using ImageFs.Tests.Storage.Caching;

namespace ImageFs.Tests.Storage.Remote;

/// <summary>What every protocol has of the device over it: what was read is kept, what is away is tried again, and no byte is ever another.</summary>
public sealed class RemoteDeviceTests
{
    private const int Length = (4 << 20) + 777;
    private static readonly byte[] s_bytes = CacheFileTests.Bytes(0, Length);

    [TestCase("", 1)]
    [TestCase("", 512)]
    [TestCase("", 65536)]
    [TestCase("cache=none", 1)]
    [TestCase("cache=none", 512)]
    [TestCase("cache=none", 65536)]
    public void Bytes_are_the_servers(string options, int block)
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes) { Block = block }, options);
        var random = new Random(block);
        for (int i = 0; i < 200; i++)
        {
            int offset = random.Next(Length);
            byte[] read = new byte[random.Next(1, Math.Min(Length - offset, 300_000) + 1)];
            device.ReadAt(offset, read);
            Assert.That(read.AsSpan().SequenceEqual(s_bytes.AsSpan(offset, read.Length)), $"{offset} {read.Length}");
        }
    }

    [Test]
    public void What_was_read_is_not_asked_for_again()
    {
        var transport = new TestTransport(s_bytes);
        using RemoteDevice device = Open(transport);
        byte[] read = new byte[10];
        device.ReadAt(100_000, read);
        int requests = transport.Requests.Count;
        device.ReadAt(100_005, read);
        Assert.That(transport.Requests, Has.Count.EqualTo(requests));
        Assert.That(transport.Requests.First().Offset % 4096, Is.Zero);
    }

    [Test]
    public void A_length_that_no_image_has_is_refused()
    {
        var transport = new TestTransport(s_bytes) { Said = long.MaxValue, Zeros = [1] };
        Assert.That(() => Open(transport), Throws.TypeOf<UnsupportedFeatureException>());
        Assert.That(transport.IsDisposed);
    }

    [Test]
    public void A_server_that_says_it_is_long_gets_no_memory_for_that()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        using RemoteDevice device = Open(new TestTransport(s_bytes) { Said = 1L << 60, Zeros = [100, Length] }, "cache=none");
        Assert.That(device.Map((1L << 60) - 10, 100, out _).Length, Is.EqualTo(10));
        Assert.That(device.Map(200, 100, out _).Kind, Is.EqualTo(ExtentKind.Hole));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Nothing_is_kept_when_nothing_is_to_be()
    {
        var transport = new TestTransport(s_bytes);
        using RemoteDevice device = Open(transport, "cache=none");
        byte[] read = new byte[10];
        device.ReadAt(100_000, read);
        device.ReadAt(100_000, read);
        Assert.That(transport.Requests, Is.EqualTo(new[] { (100_000L, 10), (100_000L, 10) }));
        Assert.That(device.Locate(0, 1).TryLeaseFile(out _), Is.False);
    }

    [Test]
    public void What_is_kept_is_leased_from_a_file()
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes));
        LocatedExtent extent = device.Locate(5000, 100_000);
        Assert.That(extent.TryLeaseFile(out FileLease lease), Is.True);
        using (lease)
        {
            LocatedExtent there = extent.In(in lease);
            byte[] read = new byte[there.Length];
            Assert.That(there.File, Is.SameAs(lease.File));
            Assert.That(Files.Read(lease.File.Descriptor, read, lease.Address, out _), Is.EqualTo(read.Length));
            Assert.That(read, Is.EqualTo(s_bytes[5000..(5000 + read.Length)]));
        }
    }

    [Test]
    public void Who_reads_on_finds_what_comes_next()
    {
        var transport = new TestTransport(s_bytes) { Delay = TimeSpan.FromMilliseconds(5) };
        using RemoteDevice device = Open(transport);
        byte[] read = new byte[65536];
        for (int offset = 0; offset + read.Length <= Length; offset += read.Length)
        {
            device.ReadAt(offset, read);
            Assert.That(read.AsSpan().SequenceEqual(s_bytes.AsSpan(offset, read.Length)), $"{offset}");
        }

        Assert.That(transport.MostAtOnce, Is.GreaterThan(1));
        Assert.That(transport.Requests, Has.Count.LessThan(40));
        Assert.That(transport.Requests.Sum(request => request.Length), Is.LessThanOrEqualTo(Length), "nothing is asked for twice");
    }

    [Test]
    public void What_will_be_wanted_is_asked_for_side_by_side()
    {
        var transport = new TestTransport(s_bytes) { Delay = TimeSpan.FromMilliseconds(20) };
        using RemoteDevice device = Open(transport);
        for (int i = 0; i < 8; i++)
        {
            device.Prefetch(i * 500_000, 4096);
        }

        byte[] read = new byte[4096];
        for (int i = 0; i < 8; i++)
        {
            device.ReadAt(i * 500_000, read);
            Assert.That(read, Is.EqualTo(s_bytes[(i * 500_000)..((i * 500_000) + 4096)]));
        }

        Assert.That(transport.MostAtOnce, Is.GreaterThanOrEqualTo(4));
        Assert.That(transport.Requests, Has.Count.LessThanOrEqualTo(16));
    }

    [Test]
    public void Who_wants_what_is_on_its_way_waits_for_it()
    {
        var transport = new TestTransport(s_bytes) { Delay = TimeSpan.FromMilliseconds(50) };
        using RemoteDevice device = Open(transport);
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            byte[] read = new byte[100];
            device.ReadAt(i * 100, read);
            Assert.That(read, Is.EqualTo(s_bytes[(i * 100)..((i * 100) + 100)]));
        });

        Assert.That(transport.Requests.Count(request => request.Offset == 0), Is.EqualTo(1));
    }

    [TestCase("")]
    [TestCase("cache=none")]
    public void A_server_that_is_away_for_a_while_is_tried_again(string options)
    {
        var told = new List<string>();
        using RemoteDevice device = Open(new TestTransport(s_bytes) { Lost = 3 }, options, told);
        byte[] read = new byte[10];
        device.ReadAt(100, read);
        Assert.That(read, Is.EqualTo(s_bytes[100..110]));
        Assert.That(told, Has.Some.Contains("the server hung up"));
    }

    [TestCase("retry-time=1")]
    [TestCase("retry-time=1,cache=none")]
    public void A_server_that_stays_away_is_an_error_and_recovers(string options)
    {
        var transport = new TestTransport(s_bytes) { Lost = int.MaxValue };
        using RemoteDevice device = Open(transport, options);
        byte[] read = new byte[10];
        var time = Stopwatch.StartNew();
        Assert.That(() => device.ReadAt(100, read), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO).And.Message.Contains("hung up"));
        Assert.That(time.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(0.9)).And.LessThan(TimeSpan.FromSeconds(3)));

        // Who comes later does not wait as long again: the server is asked once.
        int asked = transport.Requests.Count;
        Assert.That(() => device.ReadAt(2_000_000, read), Throws.TypeOf<LinuxException>());
        Assert.That(transport.Requests, Has.Count.EqualTo(asked + 1));

        transport.Lost = 0;
        device.ReadAt(100, read);
        Assert.That(read, Is.EqualTo(s_bytes[100..110]));
    }

    [Test]
    public void An_error_of_the_server_is_one_of_those_bytes_alone()
    {
        var transport = new TestTransport(s_bytes) { Bad = (1_000_000, 1_000_001) };
        using RemoteDevice device = Open(transport);
        byte[] read = new byte[10];
        Assert.That(() => device.ReadAt(999_995, read), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EIO));
        device.ReadAt(2_000_000, read);
        transport.Bad = null;
        device.ReadAt(999_995, read);
        Assert.That(read, Is.EqualTo(s_bytes[999_995..1_000_005]));
    }

    [Test]
    public void Where_the_server_has_zeros_nothing_is_asked_for()
    {
        var transport = new TestTransport(s_bytes) { Zeros = [10_000, 50_000, 100_000, 1, 1, 3_000_000, Length] };
        using RemoteDevice device = Open(transport);
        Assert.That(
            ((long[])[0, 9_999, 10_000, 59_999, 60_000, 160_000, 160_001, 160_002]).Select(offset => (device.Locate(offset, Length).Length, device.Locate(offset, Length).IsZero)),
            Is.EqualTo(new[] { (10_000L, false), (1L, false), (50_000L, true), (1L, true), (100_000L, false), (1L, true), (1L, false), (3_000_000L, true) }));
        Assert.That(transport.Requests, Is.Empty);
        Assert.That(transport.ZeroRequests, Is.EqualTo(4));

        byte[] read = new byte[50_002];
        device.ReadAt(9_999, read);
        Assert.That((read[0], read[1..^1].All(value => value == 0), read[^1]), Is.EqualTo((s_bytes[9_999], true, s_bytes[60_000])));
    }

    [Test]
    public void What_begins_with_zeros_is_found_too()
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes) { Zeros = [0, 8192, Length] });
        Assert.That((device.Locate(0, Length).IsZero, device.Locate(0, Length).Length, device.Locate(8192, Length).IsZero), Is.EqualTo((true, 8192L, false)));
    }

    [Test]
    public void A_cache_that_is_too_small_costs_time_and_no_byte()
    {
        using RemoteDevice device = Open(new TestTransport(s_bytes), "cache-limit=1M");
        byte[] read = new byte[Length];
        Parallel.For(0, 4, thread =>
        {
            byte[] part = new byte[300_000];
            for (int i = 0; i < 60; i++)
            {
                int offset = (i * 1_234_567 * (thread + 1)) % (Length - part.Length);
                device.ReadAt(offset, part);
                Assert.That(part.AsSpan().SequenceEqual(s_bytes.AsSpan(offset, part.Length)), $"{offset}");
            }
        });
    }

    [Test]
    public void It_goes_with_its_transport()
    {
        var transport = new TestTransport(s_bytes);
        Open(transport).Dispose();
        Assert.That(transport.IsDisposed);
    }

    private static RemoteDevice Open(TestTransport transport, string options = "", List<string>? told = null)
    {
        var list = OptionList.Parse($"cache-dir=/tmp,{options}");
        return new RemoteDevice(transport, new OpenContext(list, told is null ? null : told.Add));
    }
}
