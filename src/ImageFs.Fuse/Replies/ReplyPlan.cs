using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>The device extents and zeros of one reply, and the pipe slots that they take. One worker uses one plan over and over.</summary>
/// <param name="capacity">Extents that it holds at most.</param>
internal sealed class ReplyPlan(int capacity)
{
    // Most files are in one piece, and each worker has a plan.
    private const int FirstLength = 8;

    private LocatedExtent[] _extents = new LocatedExtent[Math.Min(FirstLength, capacity)];
    private int _count;

    /// <summary>
    /// The extents, in order, each on a device or of zeros; not all of the reply's unless <see cref="Make"/> returned None.
    /// </summary>
    public ReadOnlySpan<LocatedExtent> Extents => _extents.AsSpan(0, _count);

    /// <summary>Slots of a pipe that the extents take: one for each page of the device that they touch.</summary>
    public long Slots { get; private set; }

    /// <summary>
    /// Whether all of it can be read past the cache: each extent begins at, and but for the last ends at, a multiple of what its
    /// device asks for.
    /// </summary>
    public bool IsDirect
    {
        get
        {
            for (int i = 0; i < _count; i++)
            {
                if (!IsDirectExtent(in _extents[i], isLast: i == _count - 1))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Finds the extents of a run of bytes.</summary>
    /// <returns>None; or why they cannot go by reference: NotMapped, TooManyPieces, SourceFailed.</returns>
    public Fallback Make(BlockSource source, long offset, int length)
    {
        Clear();
        long end = offset + length;
        while (offset < end)
        {
            if (_count == capacity)
            {
                return Fallback.TooManyPieces;
            }

            if (!source.TryLocate(offset, end - offset, out LocatedExtent extent))
            {
                return Fallback.SourceFailed;
            }

            if (extent.File is null && !extent.IsZero)
            {
                return Fallback.NotMapped;
            }

            if (_count == _extents.Length)
            {
                Array.Resize(ref _extents, Math.Min(2 * _count, capacity));
            }

            _extents[_count++] = extent;
            Slots += PagesTouched(extent.IsZero ? 0 : extent.Address, extent.Length);
            offset += extent.Length;
        }

        return Fallback.None;
    }

    /// <summary>Forgets all extents: a device that is closed meanwhile can go.</summary>
    public void Clear()
    {
        Array.Clear(_extents, 0, _count);
        _count = 0;
        Slots = 0;
    }

    /// <summary>Drops what was read from the kernel's cache of the devices.</summary>
    public void DropFromCache()
    {
        foreach (ref readonly LocatedExtent extent in Extents)
        {
            if (extent.File is { } device)
            {
                Files.DropFromCache(device.Descriptor, extent.Address, extent.Length);
            }
        }
    }

    private static bool IsDirectExtent(in LocatedExtent extent, bool isLast)
    {
        if (extent.IsZero)
        {
            return true;
        }

        return extent.File!.Direct is { } file
            && extent.Address % file.Alignment == 0
            && (isLast || extent.Length % file.Alignment == 0);
    }

    private static long PagesTouched(long address, long length)
    {
        long first = address / PageBuffer.PageSize;
        long last = (address + length - 1) / PageBuffer.PageSize;
        return last - first + 1;
    }
}
