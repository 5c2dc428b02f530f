using ImageFs.Linux;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage;

/// <summary>
/// One layer: a run of bytes that answers where each of them lies in the layer below. An image file, a partition, a virtual disk
/// and a file of a file system are all one. Reading is positional and safe from any thread.
/// </summary>
public abstract class BlockSource
{
    // A chain of layers is this long only when it is a loop: files name each other to a depth of 100, in images nested to one of 8.
    private const int MaxDepth = 1024;

    private const int CopyLength = 1 << 20;

    /// <summary>Length in bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Bytes of memory that its own map takes; 0 when it is small whatever the image says.</summary>
    public virtual long MapSize => 0;

    /// <summary>Where the bytes from an offset on lie in the layer below: this layer's own map, not composed.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="below">The layer that the extent's address is in; for a device, the device itself; for bytes that are in none, this one.</param>
    /// <returns>An extent that begins at <paramref name="offset"/> and holds 1 to <paramref name="maxLength"/> bytes.</returns>
    /// <exception cref="ImageException">The map itself is damaged there.</exception>
    public abstract Extent Map(long offset, long maxLength, out BlockSource below);

    /// <summary>
    /// What this layer can tell besides its bytes, or what a layer below can tell about them: a layer on top that passes all bytes on, or
    /// a part of them, hands it on for that part.
    /// </summary>
    /// <typeparam name="TCapability">What is asked for.</typeparam>
    /// <returns>Null when no layer can tell it.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    public TCapability? Find<TCapability>()
        where TCapability : class, ICapability => Find(typeof(TCapability)) as TCapability;

    /// <summary>Does what <see cref="Find{TCapability}"/> does.</summary>
    /// <param name="capability">What is asked for: its type.</param>
    /// <returns>One of that type. Null when no layer can tell it, or one of another type: what a disc tells, a part of it may not.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    public virtual ICapability? Find(Type capability) => capability.IsInstanceOfType(this) ? (ICapability)this : null;

    /// <summary>The encoded block that an offset is in.</summary>
    /// <param name="offset">In this layer, inside an <see cref="ExtentKind.Encoded"/> extent that <see cref="Map(long, long, out BlockSource)"/> gave.</param>
    /// <exception cref="ImageException">The map itself is damaged there.</exception>
    public virtual EncodedBlock FindEncoded(long offset) => throw new NotSupportedException($"{GetType().Name} has no encoded blocks");

    /// <summary>As <see cref="Map(long, long, out BlockSource)"/>, with the encoded block that the first byte is in: one look for both.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="below">The layer that the extent's address is in.</param>
    /// <param name="block">What <see cref="FindEncoded"/> gives; the default one where the extent is not <see cref="ExtentKind.Encoded"/>.</param>
    /// <returns>The extent.</returns>
    /// <exception cref="ImageException">The map itself is damaged there.</exception>
    protected internal virtual Extent Map(long offset, long maxLength, out BlockSource below, out EncodedBlock block)
    {
        Extent extent = Map(offset, maxLength, out below);
        block = extent.Kind == ExtentKind.Encoded ? FindEncoded(offset) : default;
        return extent;
    }

    /// <summary>Where the bytes from an offset on finally lie: <see cref="Map(long, long, out BlockSource)"/> composed through all layers.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <returns>An extent that begins at <paramref name="offset"/> and holds 1 to <paramref name="maxLength"/> bytes.</returns>
    /// <exception cref="TruncatedImageException">The byte at <paramref name="offset"/> lies beyond the end of a layer below.</exception>
    /// <exception cref="ImageException">A map is damaged there.</exception>
    public LocatedExtent Locate(long offset, long maxLength) =>
        Descend(offset, maxLength, MaxDepth, out LocatedExtent extent)
            ? extent
            : throw new InvalidImageException("layers", 0, "they lead back to themselves");

    /// <summary>
    /// <see cref="Locate"/> for who goes on to <see cref="ReadAt"/> where they cannot be found: that has an error to give, or another copy of them.
    /// </summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="extent">What <see cref="Locate"/> gives.</param>
    /// <returns>Whether they were found.</returns>
    public bool TryLocate(long offset, long maxLength, out LocatedExtent extent)
    {
        try
        {
            extent = Locate(offset, maxLength);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            extent = default;
            return false;
        }
    }

    /// <summary>Where the bytes from an offset on lie some layers below.</summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="layers">How many layers to go down; at least 1.</param>
    /// <param name="extent">
    /// An extent that begins at <paramref name="offset"/>. Its source is the layer reached, which has the bytes at its address.
    /// </param>
    /// <returns>Whether there is nothing further below: the extent is then what <see cref="Locate"/> gives.</returns>
    /// <exception cref="TruncatedImageException">The byte at <paramref name="offset"/> lies beyond the end of a layer below.</exception>
    /// <exception cref="ImageException">A map is damaged there.</exception>
    public bool Descend(long offset, long maxLength, int layers, out LocatedExtent extent)
    {
        BlockSource source = this;
        long address = offset;
        long length = Math.Min(maxLength, Length - offset);
        bool hasOtherCopy = false;
        for (int depth = 0; depth < layers; depth++)
        {
            Extent mapped = source.Map(address, length, out BlockSource below, out EncodedBlock block);
            length = mapped.Length;
            if (mapped.Kind != ExtentKind.Mapped)
            {
                extent = new LocatedExtent(offset, length, mapped.Kind, address, source) { Block = block };
                return true;
            }

            if (ReferenceEquals(below, source))
            {
                extent = new LocatedExtent(offset, length, ExtentKind.Mapped, mapped.Address, source) { HasOtherCopy = hasOtherCopy };
                return true;
            }

            hasOtherCopy |= source.HasOtherCopy(address);

            if (mapped.Address >= below.Length)
            {
                throw new TruncatedImageException(mapped.Address, below.Length);
            }

            length = Math.Min(length, below.Length - mapped.Address);
            address = mapped.Address;
            source = below;
        }

        extent = new LocatedExtent(offset, length, ExtentKind.Mapped, address, source);
        return false;
    }

    /// <summary>
    /// Asks the kernel to begin reading bytes that will be wanted soon. Of an encoded block it is what it is stored in. It does nothing where
    /// they are on no device.
    /// </summary>
    /// <param name="offset">At least 0 and less than <see cref="Length"/>.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1. What does not lie in one piece is left out.</param>
    public void Prefetch(long offset, long maxLength)
    {
        try
        {
            LocatedExtent extent = Locate(offset, maxLength);
            if (extent.Device is { } device)
            {
                device.PrefetchOwn(extent.Address, extent.Length);
            }
            else if (extent.Kind == ExtentKind.Encoded)
            {
                extent.Block.Source.Prefetch(extent.Block.Address, extent.Block.StoredLengthOf(extent.Address, extent.Length));
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The reader gets the error.
        }
    }

    /// <summary>
    /// Reads exactly the bytes at an offset. What cannot be read where it lies is read from another copy, where a layer has one.
    /// </summary>
    /// <param name="offset">At least 0; the whole of <paramref name="destination"/> must lie inside <see cref="Length"/>.</param>
    /// <param name="destination">Filled whole, or an exception says why not; never zeros for bytes that could not be read.</param>
    /// <exception cref="TruncatedImageException">The bytes lie beyond the end of this layer or one below.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The image is damaged there.</exception>
    public void ReadAt(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        while (destination.Length > 0)
        {
            if (offset >= Length)
            {
                throw new TruncatedImageException(offset, Length);
            }

            int length = ReadPart(offset, destination);
            destination = destination[length..];
            offset += length;
        }
    }

    /// <summary>Copies all bytes to a stream.</summary>
    /// <param name="target">The stream.</param>
    /// <exception cref="ImageException">The image is damaged, or ends, there.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="IOException">The stream failed.</exception>
    public void CopyTo(Stream target)
    {
        byte[] buffer = new byte[Math.Min(CopyLength, Length)];
        for (long offset = 0; offset < Length; offset += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - offset));
            ReadAt(offset, part);
            target.Write(part);
        }
    }

    /// <summary>Hands out bytes that this layer itself answers for: of a device, of extents of its own and encoded ones.</summary>
    /// <param name="offset">In this layer, inside an extent that <see cref="Map(long, long, out BlockSource)"/> gave.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The bytes cannot be decoded.</exception>
    protected internal virtual void ReadOwn(long offset, Span<byte> destination) =>
        throw new NotSupportedException($"{GetType().Name} has only mapped extents");

    /// <summary>Takes hold of decoded bytes where they are kept, for who hands them on by reference.</summary>
    /// <param name="offset">In this layer, inside an <see cref="ExtentKind.Encoded"/> extent that <see cref="Map(long, long, out BlockSource)"/> gave.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="block">The block that they are in.</param>
    /// <param name="lease">The bytes from there on, at least 1; dispose of it soon.</param>
    /// <returns>False when they are not kept: <see cref="ReadOwn"/> gives them.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The bytes cannot be decoded.</exception>
    protected internal virtual bool TryLeaseOwn(long offset, long maxLength, in EncodedBlock block, out DecodedLease lease)
    {
        lease = default;
        return false;
    }

    /// <summary>Takes hold of bytes that lie in a file of this machine, though this layer is none: what it keeps of them, for who splices it.</summary>
    /// <param name="offset">In this layer, inside an extent that <see cref="Map(long, long, out BlockSource)"/> gave: its own, an encoded one, or one of a device that is no file.</param>
    /// <param name="maxLength">Bytes wanted at most; at least 1.</param>
    /// <param name="lease">The bytes from there on, at least 1; dispose of it soon.</param>
    /// <returns>False when they are in no file, and do not get there: <see cref="ReadOwn"/> gives them.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The bytes cannot be decoded.</exception>
    protected internal virtual bool TryLeaseFile(long offset, long maxLength, out FileLease lease)
    {
        lease = default;
        return false;
    }

    /// <summary>Decodes a block that will be wanted soon, unless it is kept already or somebody is at it.</summary>
    /// <param name="block">The block, as <see cref="FindEncoded"/> gave it.</param>
    /// <returns>False when it cannot be kept.</returns>
    /// <exception cref="LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">It cannot be decoded.</exception>
    protected internal virtual bool TryKeepOwn(in EncodedBlock block) => false;

    /// <summary>Whether this layer keeps the byte at an offset more than once, or can put it together.</summary>
    /// <param name="offset">In this layer, at the start of an extent that <see cref="Map(long, long, out BlockSource)"/> gave.</param>
    protected internal virtual bool HasOtherCopy(long offset) => false;

    /// <summary>Reads bytes that were not to be had where this layer says that they are: from another copy, or by parity.</summary>
    /// <param name="offset">In this layer, inside an extent that <see cref="Map(long, long, out BlockSource)"/> gave.</param>
    /// <param name="destination">Filled whole where the answer is yes; else there may be anything in it.</param>
    /// <returns>Whether they were read.</returns>
    protected internal virtual bool TryReadOtherCopy(long offset, Span<byte> destination) => false;

    // The bytes from an offset on, as far as one extent goes.
    private int ReadPart(long offset, Span<byte> destination)
    {
        int length = 0;
        try
        {
            LocatedExtent extent = Locate(offset, destination.Length);
            length = (int)extent.Length;
            extent.Read(destination[..length]);
            return length;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            int read = OtherCopies.Read(this, offset, length == 0 ? destination : destination[..length]);
            if (read == 0)
            {
                throw;
            }

            return read;
        }
    }
}
