using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>A device without a descriptor, as one over the network: bytes in memory, that come late or not at all, and are counted.</summary>
internal sealed class TestDevice(byte[] bytes, string name = "test://memory") : Device
{
    private volatile Tuple<long, long>? _bad;
    private int _reads;
    private int _readsNow;
    private int _mostReadsAtOnce;
    private long _bytesRead;

    public override string Name => name;

    public override string Identity => name;

    public override long Length => bytes.Length;

    public override int PhysicalBlockSize => 65536;

    public bool IsDisposed { get; private set; }

    /// <summary>How long each read takes.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Reads that touch these bytes are EIO; null for none.</summary>
    public (long Start, long End)? Bad
    {
        set => _bad = value is { } range ? Tuple.Create(range.Start, range.End) : null;
    }

    public int Reads => _reads;

    public long BytesRead => _bytesRead;

    /// <summary>The most reads that were on their way at one time.</summary>
    public int MostReadsAtOnce => _mostReadsAtOnce;

    /// <summary>What it was asked to have ready.</summary>
    public List<(long Offset, long Length)> Prefetched { get; } = [];

    public override void Dispose() => IsDisposed = true;

    protected internal override void PrefetchOwn(long offset, long length) => Prefetched.Add((offset, length));

    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Add(ref _bytesRead, destination.Length);
        NoteReadsAtOnce(Interlocked.Increment(ref _readsNow));
        try
        {
            if (Delay > TimeSpan.Zero)
            {
                Thread.Sleep(Delay);
            }

            if (_bad is { } bad && offset < bad.Item2 && offset + destination.Length > bad.Item1)
            {
                throw new LinuxException("read", Errno.EIO, $"{name} at 0x{offset:x}");
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }
        finally
        {
            Interlocked.Decrement(ref _readsNow);
        }
    }

    private void NoteReadsAtOnce(int now)
    {
        int most = _mostReadsAtOnce;
        while (now > most)
        {
            int before = Interlocked.CompareExchange(ref _mostReadsAtOnce, now, most);
            if (before == most)
            {
                return;
            }

            most = before;
        }
    }
}
