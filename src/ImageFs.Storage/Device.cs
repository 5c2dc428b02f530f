using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>
/// The bottom layer: where bytes come from in the end. Those of a <see cref="FileDevice"/> are spliced from its descriptor, those of
/// any other device are copied from what <see cref="BlockSource.ReadOwn"/> gives.
/// </summary>
/// <remarks>
/// Reads block, and come from several threads at once: a device with latency answers them side by side, and gives up with a
/// <see cref="LinuxException"/> in the end, so that nobody waits for ever. One that knows of holes without reading answers them in
/// <see cref="Map"/> as <see cref="ExtentKind.Hole"/>; one that has to ask for them does so in <see cref="HoleLength"/>.
/// </remarks>
public abstract class Device : BlockSource, IDisposable
{
    /// <summary>Its path or location as it was given, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>What tells it from any other device, by whatever name it was opened.</summary>
    public abstract string Identity { get; }

    /// <summary>Bytes of a sector, which partition tables count in; 1 where it has none, as an image file.</summary>
    public virtual int LogicalBlockSize => 1;

    /// <summary>Bytes that it is best read in: the sector of the disk itself, the block that a server prefers; 1 where any number is as good.</summary>
    public virtual int PhysicalBlockSize => 1;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset);
    }

    /// <summary>Whether <see cref="TryFill"/> can work at all: bytes of this device can go into a pipe without being read.</summary>
    public virtual bool Fills => false;

    /// <summary>How many bytes from an offset on are a hole, and read as zeros without a look; 0 when none is, or it does not know.</summary>
    /// <param name="offset">At least 0 and less than <see cref="BlockSource.Length"/>.</param>
    public virtual long HoleLength(long offset) => 0;

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Puts bytes into a pipe by reference, from where they come from.</summary>
    /// <param name="pipe">Has room for them; to be thrown away when the bytes are not all there.</param>
    /// <param name="offset">At least 0.</param>
    /// <param name="length">At least 1; ends inside <see cref="BlockSource.Length"/>.</param>
    /// <returns>Whether all bytes are in the pipe, and no others; if not, <see cref="BlockSource.ReadOwn"/> gives them, or tells why not.</returns>
    protected internal virtual bool TryFill(Pipe pipe, long offset, int length) => false;

    /// <summary>Begins to read bytes that will be wanted soon, and returns before they are there. Errors are left to whoever reads them.</summary>
    /// <param name="offset">At least 0.</param>
    /// <param name="length">At least 1; ends inside <see cref="BlockSource.Length"/>.</param>
    protected internal virtual void PrefetchOwn(long offset, long length)
    {
    }
}
