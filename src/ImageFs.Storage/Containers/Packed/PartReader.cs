namespace ImageFs.Storage.Containers.Packed;

/// <summary>A part of a packed file being decoded, from its first byte to its last. One thread at a time uses it.</summary>
internal abstract class PartReader : IDisposable
{
    /// <summary>Bytes of the file that it has taken so far; 0 where that is not told.</summary>
    public virtual long Taken => 0;

    /// <summary>The next bytes, decoded.</summary>
    /// <param name="destination">At least 1 byte.</param>
    /// <returns>How many there are; 0 at the end of the part, which then is whole, and has the checksums that it says.</returns>
    /// <exception cref="ImageException">It is damaged, or cut short.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public abstract int Read(Span<byte> destination);

    /// <inheritdoc/>
    public abstract void Dispose();
}
