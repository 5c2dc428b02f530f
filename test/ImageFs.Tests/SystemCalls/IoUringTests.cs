using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>What the ring promises of reads that something else waits for.</summary>
public sealed class IoUringTests
{
    private const ulong ReadTag = 7;
    private const ulong LastTag = 9;
    private const int Place = 3;

    private string _path = null!;
    private byte[] _bytes = null!;
    private FileDescriptor _file = null!;
    private PageBuffer _buffer = null!;
    private IoUring _ring = null!;

    [SetUp]
    public void Make()
    {
        try
        {
            _ring = IoUring.Create(operations: 8, completions: 16, files: 4);
            _ring.Begin();
        }
        catch (LinuxException e)
        {
            Assert.Ignore($"no io_uring here: {e.Message}");
        }

        _path = Path.GetTempFileName();
        _bytes = new byte[10_000];
        new Random(1).NextBytes(_bytes);
        File.WriteAllBytes(_path, _bytes);
        _file = Files.Open(_path, OpenFlags.ReadOnly);
        _buffer = new PageBuffer(16384);
        Assert.That(_ring.TryPutFile(Place, _file), Is.True);
    }

    [TearDown]
    public void Close()
    {
        _ring?.Dispose();
        _buffer?.Dispose();
        _file?.Dispose();
        File.Delete(_path ?? "/nonexistent");
    }

    [Test]
    public void What_follows_good_reads_is_all_that_completes()
    {
        _ring.LinkedRead(Place, 100, _buffer, 0, 5000, ReadTag);
        _ring.LinkedRead(Place, 9000, _buffer, 5000, 1000, ReadTag);
        _ring.Nop(LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (LastTag, 0) }));
        Assert.That(_buffer.Span[..6000].SequenceEqual([.. _bytes.AsSpan(100, 5000), .. _bytes.AsSpan(9000, 1000)]), Is.True);
    }

    [Test]
    public void After_a_short_read_nothing_follows()
    {
        _ring.LinkedRead(Place, 0, _buffer, 0, 1000, ReadTag);
        _ring.LinkedRead(Place, 9900, _buffer, 1000, 1000, ReadTag + 1);
        _ring.Nop(LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (ReadTag + 1, 100) }));
    }

    [Test]
    public void After_a_failed_read_nothing_follows()
    {
        _ring.LinkedRead(Place - 1, 0, _buffer, 0, 1000, ReadTag);
        _ring.LinkedRead(Place, 0, _buffer, 1000, 1000, ReadTag + 1);
        _ring.Nop(LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (ReadTag, -(int)Errno.EBADF) }));
    }

    [Test]
    public void A_file_stays_when_its_descriptor_is_closed()
    {
        _file.Dispose();
        _ring.LinkedRead(Place, 0, _buffer, 0, 1000, ReadTag);
        _ring.Nop(LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (LastTag, 0) }));
        Assert.That(_buffer.Span[..1000].SequenceEqual(_bytes.AsSpan(0, 1000)), Is.True);
    }

    [Test]
    public void What_is_discarded_does_not_happen()
    {
        _ring.LinkedRead(Place, 0, _buffer, 0, 1000, ReadTag);
        _ring.Discard();
        Assert.That(_ring.Published, Is.Zero);
        _ring.Nop(LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (LastTag, 0) }));
        Assert.That(_buffer.Span.IndexOfAnyExcept((byte)0), Is.Negative);
    }

    [Test]
    public void A_full_ring_takes_no_more()
    {
        for (int i = 0; i < 8; i++)
        {
            _ring.Nop(LastTag);
        }

        Assert.That(_ring.Room, Is.Zero);
        Assert.That(() => _ring.Nop(LastTag), Throws.InvalidOperationException);
        Assert.That(Run(), Has.Count.EqualTo(8));
    }

    [Test]
    public void A_read_has_to_fit_its_memory() =>
        Assert.That(() => _ring.LinkedRead(Place, 0, _buffer, 16000, 1000, ReadTag), Throws.InstanceOf<ArgumentOutOfRangeException>());

    // The kernel's numbers: filters of system calls do not see what a ring is told.
    [TestCase(18, TestName = "A_ring_opens_no_file")]
    [TestCase(45, TestName = "A_ring_makes_no_socket")]
    [TestCase(16, TestName = "A_ring_connects_to_nobody")]
    [TestCase(23, TestName = "A_ring_writes_nothing")]
    [TestCase(30, TestName = "A_ring_splices_nothing")]
    [TestCase(36, TestName = "A_ring_removes_nothing")]
    public unsafe void A_ring_does_nothing_else(int operation)
    {
        _ring.Next((byte)operation, LastTag);
        Assert.That(Run(), Is.EqualTo(new[] { (LastTag, -(int)Errno.EACCES) }));
    }

    [Test]
    public unsafe void A_ring_leaves_nothing_to_threads_of_the_kernel()
    {
        const byte Async = 1 << 4; // IOSQE_ASYNC
        _ring.Next(0, LastTag)->Flags = Async;
        Assert.That(Run(), Is.EqualTo(new[] { (LastTag, -(int)Errno.EACCES) }));
    }

    [Test]
    public void No_other_thread_uses_a_ring()
    {
        Errno errno = default;
        _ring.Nop(LastTag);
        _ring.Publish();
        var thread = new Thread(() => _ring.Enter(0, out errno));
        thread.Start();
        thread.Join();
        Assert.That(errno, Is.Not.EqualTo(Errno.None));
    }

    private List<(ulong Tag, int Result)> Run()
    {
        _ring.Publish();
        Assert.That(_ring.Enter(1, out Errno errno), Is.True, errno.ToString());
        var completions = new List<(ulong, int)>();
        while (_ring.TryTake(out ulong tag, out int result))
        {
            completions.Add((tag, result));
        }

        return completions;
    }
}
