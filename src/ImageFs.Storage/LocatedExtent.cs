using ImageFs.Storage.Caching;
using ImageFs.Storage.Decoding;

namespace ImageFs.Storage;

/// <summary>An extent composed down through all layers to where its bytes can be read from.</summary>
/// <param name="Offset">First byte of the run, in the object that was asked.</param>
/// <param name="Length">Bytes in the run.</param>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Address">
/// For <see cref="ExtentKind.Mapped"/> the place on the device that <paramref name="Source"/> is; for
/// <see cref="ExtentKind.Own"/> and <see cref="ExtentKind.Encoded"/> the offset in <paramref name="Source"/>.
/// </param>
/// <param name="Source">
/// For <see cref="ExtentKind.Mapped"/> a <see cref="Storage.Device"/>; otherwise the layer that answers for the bytes.
/// </param>
public readonly record struct LocatedExtent(long Offset, long Length, ExtentKind Kind, long Address, BlockSource Source)
{
    /// <summary>
    /// Whether a layer has another copy of bytes that are <see cref="ExtentKind.Mapped"/>: if they cannot be read here, <see cref="BlockSource.ReadAt"/>
    /// of what was asked may still read them.
    /// </summary>
    public bool HasOtherCopy { get; init; }

    /// <summary>For <see cref="ExtentKind.Encoded"/>, the block that the first of the bytes is in.</summary>
    public EncodedBlock Block { get; init; }

    /// <summary>Whether the run reads as zeros without looking anywhere.</summary>
    public bool IsZero => Kind is ExtentKind.Hole or ExtentKind.Unwritten;

    /// <summary>The device, when the bytes lie on one as they are; null otherwise.</summary>
    public Device? Device => Kind == ExtentKind.Mapped ? Source as Device : null;

    /// <summary>The same when it is a file, whose bytes can go by reference; null otherwise.</summary>
    public FileDevice? File => Kind == ExtentKind.Mapped ? Source as FileDevice : null;

    /// <summary>Reads the bytes of this run into a span of its length.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The image is damaged there, or ends.</exception>
    public void Read(Span<byte> destination)
    {
        if (IsZero)
        {
            destination.Clear();
        }
        else
        {
            Source.ReadOwn(Address, destination);
        }
    }

    /// <summary>Takes hold of the bytes of this run, or of its first, where they are kept decoded.</summary>
    /// <param name="lease">The bytes, at least 1; dispose of it soon.</param>
    /// <returns>False when they are not of an encoded block that is kept: <see cref="Read"/> gives them.</returns>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The bytes cannot be decoded.</exception>
    public bool TryLease(out DecodedLease lease)
    {
        lease = default;
        return Kind == ExtentKind.Encoded && Source.TryLeaseOwn(Address, Length, Block, out lease);
    }

    /// <summary>Takes hold of the bytes of this run, or of its first, where a layer that is no file keeps them in one.</summary>
    /// <param name="lease">The bytes, at least 1; dispose of it soon.</param>
    /// <returns>False when they are in no file, or in the one that <see cref="File"/> is.</returns>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The bytes cannot be decoded.</exception>
    public bool TryLeaseFile(out FileLease lease)
    {
        lease = default;
        return !IsZero && File is null && Source.TryLeaseFile(Address, Length, out lease);
    }

    /// <summary>Puts the bytes of this run into a pipe, where they lie on a device that can (<see cref="Storage.Device.Fills"/>).</summary>
    /// <param name="pipe">To be thrown away when the answer is no.</param>
    /// <returns>Whether all of them are in it.</returns>
    public bool TryFill(Linux.Pipe pipe) => Device is { } device && device.TryFill(pipe, Address, (int)Length);

    /// <summary>The same bytes, or the first of them, where a lease says that they are.</summary>
    public LocatedExtent In(in FileLease lease) =>
        new(Offset, Math.Min(Length, lease.Length), ExtentKind.Mapped, lease.Address, lease.File) { HasOtherCopy = HasOtherCopy };

    /// <summary>Has <see cref="Block"/> decoded for who will want it soon, unless it is kept already or somebody is at it.</summary>
    /// <returns>False when there is none, or it cannot be kept.</returns>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    /// <exception cref="ImageException">The block cannot be decoded.</exception>
    public bool TryKeep() => Kind == ExtentKind.Encoded && Source.TryKeepOwn(Block);
}
