using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>The device extents behind one reply, and the pipe slots that they take. One worker uses one plan over and over.</summary>
/// <param name="capacity">Extents that it holds at most.</param>
internal sealed class ReplyPlan(int capacity)
{
    private readonly DeviceExtent[] _extents = new DeviceExtent[capacity];
    private int _count;

    /// <summary>The extents, in order; not all of the reply's unless <see cref="Make"/> returned None.</summary>
    public ReadOnlySpan<DeviceExtent> Extents => _extents.AsSpan(0, _count);

    /// <summary>Slots of a pipe that the extents take: one for each page of the device that they touch.</summary>
    public long Slots { get; private set; }

    /// <summary>Finds the extents of a run of bytes.</summary>
    /// <returns>None; or why they cannot be spliced: NotMapped, TooManySlots.</returns>
    /// <exception cref="ImageException">The image is damaged, or ends, there.</exception>
    public CopyReason Make(BlockSource source, long offset, int length)
    {
        _count = 0;
        Slots = 0;
        long end = offset + length;
        while (offset < end)
        {
            if (_count == _extents.Length)
            {
                return CopyReason.TooManySlots;
            }

            DeviceExtent extent = source.Locate(offset, end - offset);
            if (extent.Device is null)
            {
                return CopyReason.NotMapped;
            }

            _extents[_count++] = extent;
            Slots += PagesTouched(extent.Address, extent.Length);
            offset += extent.Length;
        }

        return CopyReason.None;
    }

    private static long PagesTouched(long address, long length)
    {
        long first = address / PageBuffer.PageSize;
        long last = (address + length - 1) / PageBuffer.PageSize;
        return last - first + 1;
    }
}
