using System.Collections.Concurrent;
using ImageFs.Linux;
using ImageFs.Storage.Remote;

namespace ImageFs.Tests.Storage.Remote;

/// <summary>A server as a test wants it: slow, away, or with an error somewhere.</summary>
internal sealed class TestTransport(byte[] bytes) : RemoteTransport
{
    private int _now;

    public override string Name => "test://host/image";

    public override string Identity => Name;

    public override long Length => Said ?? bytes.Length;

    public override int MinBlock => Block;

    public override bool TellsZeros => Zeros.Count > 0;

    public override int Width => 4;

    public int Block { get; init; } = 1;

    /// <summary>The length that it says it has; null for the right one.</summary>
    public long? Said { get; init; }

    public TimeSpan Delay { get; set; }

    /// <summary>Requests that go unanswered from now on.</summary>
    public int Lost { get; set; }

    public (long Start, long End)? Bad { get; set; }

    /// <summary>Runs, of which every second is of zeros.</summary>
    public IReadOnlyList<long> Zeros { get; init; } = [];

    public ConcurrentQueue<(long Offset, int Length)> Requests { get; } = [];

    public int ZeroRequests { get; private set; }

    public int MostAtOnce { get; private set; }

    public bool IsDisposed { get; private set; }

    public override void Read(long offset, Span<byte> destination, TimeSpan patience)
    {
        Requests.Enqueue((offset, destination.Length));
        lock (Requests)
        {
            MostAtOnce = Math.Max(MostAtOnce, ++_now);
        }

        try
        {
            Assert.That(offset % Block, Is.Zero);
            Assert.That(destination.Length % Block == 0 || offset + destination.Length == Length);
            Assert.That(destination.Length, Is.LessThanOrEqualTo(MaxRequest));
            Thread.Sleep(Delay);
            if (Lost > 0)
            {
                Lost--;
                throw new LostLinkException("the server hung up");
            }

            if (Bad is var (start, end) && offset < end && offset + destination.Length > start)
            {
                throw new LinuxException("read", Errno.EIO, Name);
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            lock (Requests)
            {
                _now--;
            }
        }
    }

    public override bool TryFindZeros(long offset, long length, ICollection<(long Length, bool IsZero)> runs, TimeSpan patience)
    {
        ZeroRequests++;
        long at = 0;
        bool isZero = false;
        foreach (long run in Zeros)
        {
            if (at + run > offset && runs.Count < 2)
            {
                runs.Add((at + run - Math.Max(at, offset), isZero));
            }

            at += run;
            isZero = !isZero;
        }

        return true;
    }

    public override void Dispose() => IsDisposed = true;
}
