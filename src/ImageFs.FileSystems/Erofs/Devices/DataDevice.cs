using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Devices;

/// <summary>A device beside the one with the super block.</summary>
/// <param name="Source">What is on it.</param>
/// <param name="Start">Where it begins where all devices count as one, in bytes; 0 when it has no such place.</param>
/// <param name="Length">Its bytes, as the table has them.</param>
/// <param name="Blocks">Its blocks.</param>
internal sealed record DataDevice(BlockSource Source, long Start, long Length, ulong Blocks)
{
    /// <summary>Whether nobody gave it.</summary>
    public bool IsMissing { get; init; }
}

/// <summary>A device that nobody gave: what lies on it cannot be read.</summary>
/// <param name="name">What it is called.</param>
/// <param name="length">Its bytes.</param>
internal sealed class MissingDevice(string name, long length) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below) =>
        throw new MissingDeviceException($"byte 0x{offset:X} of {name} is missing: -o device=FILE gives the device");
}

/// <summary>All devices as one, as data without the number of a device has its addresses (erofs_map_dev).</summary>
/// <param name="primary">The device with the super block.</param>
/// <param name="devices">The others.</param>
internal sealed class UnifiedSource(BlockSource primary, IReadOnlyList<DataDevice> devices) : PiecedSource
{
    /// <inheritdoc/>
    public override long Length { get; } = devices.Select(device => device.Start > long.MaxValue - device.Length ? long.MaxValue : device.Start + device.Length).Append(primary.Length).Max();

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long next = long.MaxValue;
        foreach (DataDevice device in devices)
        {
            if (device.Start == 0)
            {
                continue;
            }

            if (offset >= device.Start && offset - device.Start < device.Length)
            {
                return Piece.Mapped(device.Source, offset - device.Start, device.Length - (offset - device.Start));
            }

            next = device.Start > offset ? Math.Min(next, device.Start) : next;
        }

        return offset < primary.Length
            ? Piece.Mapped(primary, offset, Math.Min(next, primary.Length) - offset)
            : throw new TruncatedImageException(offset, primary.Length);
    }
}
