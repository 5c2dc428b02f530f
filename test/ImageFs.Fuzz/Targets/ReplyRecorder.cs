using ImageFs.Fuse;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Fuzz.Oracles;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuzz.Targets;

/// <summary>Where a dispatcher's replies go that has no kernel: they are counted, and files are read as a reply would read them.</summary>
internal sealed class ReplyRecorder : IFuseTransport
{
    private readonly byte[] _payload = new byte[128 << 10];

    /// <summary>Replies since <see cref="Clear"/>.</summary>
    public int Count { get; private set; }

    /// <summary>The number of the request that the last one is to.</summary>
    public ulong Unique { get; private set; }

    /// <summary>Its error number; 0 for none.</summary>
    public int Error { get; private set; }

    /// <summary>Bytes after its header.</summary>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public Span<byte> Payload => _payload;

    /// <summary>The next request comes.</summary>
    public void Clear() => (Count, Unique, Error, Length) = (0, 0, 0, 0);

    /// <inheritdoc/>
    public bool TryReceive(out ReadOnlySpan<byte> request)
    {
        request = default;
        return false;
    }

    /// <inheritdoc/>
    public Errno Reply(ulong unique, Errno error, int payloadLength)
    {
        OracleException.Check(payloadLength >= 0 && payloadLength <= _payload.Length, $"a reply has {payloadLength} bytes");
        Note(unique, error, payloadLength);
        return Errno.None;
    }

    /// <inheritdoc/>
    public FileReplyOutcome ReplyFile(ulong unique, BlockSource source, long offset, int length)
    {
        OracleException.Check(offset >= 0 && length >= 0 && offset <= source.Length - length, $"{length} bytes at {offset} of a file of {source.Length} are sent");
        source.ReadAt(offset, _payload.AsSpan(0, Math.Min(length, _payload.Length)));
        Note(unique, Errno.None, length);
        return new FileReplyOutcome(ReplyWay.Copy, Fallback.None, Errno.None);
    }

    private void Note(ulong unique, Errno error, int length)
    {
        Count++;
        (Unique, Error, Length) = (unique, (int)error, length);
    }
}
