namespace ImageFs.Storage.Caching;

/// <summary>
/// Bytes of a source that lie in a file of this machine, where they stay until the lease is disposed of, once. The default one is of nothing.
/// </summary>
/// <param name="file">The file, to be spliced from.</param>
/// <param name="address">Where they begin in that.</param>
/// <param name="length">How many there are; at least 1.</param>
/// <param name="cache">Who keeps them there; null when nothing can take them away.</param>
public readonly struct FileLease(FileDevice file, long address, long length, CacheFile? cache = null) : IDisposable
{
    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => Length == 0;

    /// <summary>The file that has them.</summary>
    public FileDevice File { get; } = file;

    /// <summary>Where they begin in the file.</summary>
    public long Address { get; } = address;

    /// <summary>How many there are.</summary>
    public long Length { get; } = length;

    /// <summary>Copies bytes of the lease.</summary>
    /// <param name="destination">Filled whole; no longer than the lease.</param>
    /// <exception cref="Linux.LinuxException">The file cannot be read.</exception>
    /// <exception cref="TruncatedImageException">The file is shorter than it was.</exception>
    public void Read(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length);
        File.ReadOwn(Address, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => cache?.Release(Address, Length);
}
