namespace ImageFs.Storage;

/// <summary>How far the compressed files of a mount are decoded, all of them together. Threads share it.</summary>
public sealed class UnpackingCounts
{
    private long _length;
    private long _decoded;

    /// <summary>Bytes of all that were opened, decoded.</summary>
    public long Length => Volatile.Read(ref _length);

    /// <summary>Bytes decoded so far into files; what had to make room there and was decoded again counts again.</summary>
    public long Decoded => Volatile.Read(ref _decoded);

    internal void AddFile(long length) => Interlocked.Add(ref _length, length);

    internal void AddDecoded(long bytes) => Interlocked.Add(ref _decoded, bytes);
}
