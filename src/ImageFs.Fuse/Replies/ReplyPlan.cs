using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// The extents of one reply, the pipe slots that they take, and leases on those that are decoded or kept in a file. One worker uses one plan
/// over and over.
/// </summary>
/// <param name="capacity">Extents that it holds at most.</param>
internal sealed class ReplyPlan(int capacity)
{
    // Most files are in one piece, and each worker has a plan.
    private const int FirstLength = 8;

    private LocatedExtent[] _extents = new LocatedExtent[Math.Min(FirstLength, capacity)];
    private DecodedLease[] _leases = new DecodedLease[Math.Min(FirstLength, capacity)];
    private FileLease[] _fileLeases = [];
    private int _count;
    private int _fileCount;

    /// <summary>
    /// The extents, in order; not all of the reply's unless <see cref="Make"/> returned None. Without leases each is on a device or of zeros.
    /// </summary>
    public ReadOnlySpan<LocatedExtent> Extents => _extents.AsSpan(0, _count);

    /// <summary>For each extent the decoded bytes that it is; an empty one for all others.</summary>
    public ReadOnlySpan<DecodedLease> Leases => _leases.AsSpan(0, _count);

    /// <summary>Whether any of it is decoded: it may then have bytes too that the layers have themselves.</summary>
    public bool HasLeases { get; private set; }

    /// <summary>Slots of a pipe that the extents take: one for each page of the device that they touch.</summary>
    public long Slots { get; private set; }

    /// <summary>
    /// Whether all of it can be read past the cache: each extent begins at, and but for the last ends at, a multiple of what its
    /// device asks for. What was written to a file of the program's own is in the cache, and not to be read past it.
    /// </summary>
    public bool IsDirect
    {
        get
        {
            if (_fileCount > 0)
            {
                return false;
            }

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

    /// <summary>Finds the extents of a run of bytes. What is decoded, or kept in a file, stays where it is until <see cref="Clear"/>.</summary>
    /// <returns>None; or why they cannot go by reference: NotMapped, TooManyPieces, SourceFailed.</returns>
    public Fallback Make(BlockSource source, long offset, int length)
    {
        Clear();
        bool hasOthers = false;
        long end = offset + length;
        while (offset < end)
        {
            if (_count == capacity)
            {
                return Fallback.TooManyPieces;
            }

            bool isFound = source.TryLocate(offset, end - offset, out LocatedExtent extent);
            if (_count == 0 && isFound && extent.Length < length && extent.Device is not (null or FileDevice))
            {
                PrefetchRest(source, offset + extent.Length, end);
            }

            if (!isFound || !TryLease(ref extent, out DecodedLease lease))
            {
                return Fallback.SourceFailed;
            }

            Add(in extent, lease);
            hasOthers |= lease.IsEmpty && extent.Device is not (FileDevice or { Fills: true }) && !extent.IsZero;
            offset = _extents[_count - 1].Offset + _extents[_count - 1].Length;
        }

        return hasOthers && !HasLeases ? Fallback.NotMapped : Fallback.None;
    }

    /// <summary>Forgets all extents, and lets go of what is decoded: a device that is closed meanwhile can go.</summary>
    public void Clear()
    {
        if (HasLeases)
        {
            foreach (ref readonly DecodedLease lease in Leases)
            {
                lease.Dispose();
            }

            Array.Clear(_leases, 0, _count);
            HasLeases = false;
        }

        for (int i = 0; i < _fileCount; i++)
        {
            _fileLeases[i].Dispose();
            _fileLeases[i] = default;
        }

        Array.Clear(_extents, 0, _count);
        _count = 0;
        _fileCount = 0;
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

    // Pieces that lie apart on a server are asked for side by side.
    private void PrefetchRest(BlockSource source, long offset, long end)
    {
        for (int i = 0; i < capacity && offset < end && source.TryLocate(offset, end - offset, out LocatedExtent extent); i++)
        {
            source.Prefetch(offset, extent.Length);
            offset += extent.Length;
        }
    }

    // True with an empty lease for what is not decoded, or not kept. An extent becomes what is leased of it.
    private bool TryLease(ref LocatedExtent extent, out DecodedLease lease)
    {
        try
        {
            if (extent.TryLeaseFile(out FileLease file))
            {
                extent = extent.In(in file);
                Add(in file);
                lease = default;
            }
            else if (extent.TryLease(out lease))
            {
                extent = extent with { Length = lease.Length };
            }

            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            lease = default;
            return false;
        }
    }

    private void Add(in LocatedExtent extent, in DecodedLease lease)
    {
        if (_count == _extents.Length)
        {
            Array.Resize(ref _extents, Math.Min(2 * _count, capacity));
            Array.Resize(ref _leases, _extents.Length);
        }

        _extents[_count] = extent;
        _leases[_count++] = lease;
        HasLeases |= !lease.IsEmpty;
        Slots += PagesTouched(extent.IsZero ? 0 : extent.Address, extent.Length);
    }

    private void Add(in FileLease lease)
    {
        if (_fileCount == _fileLeases.Length)
        {
            Array.Resize(ref _fileLeases, Math.Min(Math.Max(FirstLength, 2 * _fileCount), capacity));
        }

        _fileLeases[_fileCount++] = lease;
    }

    private static bool IsDirectExtent(in LocatedExtent extent, bool isLast)
    {
        if (extent.IsZero)
        {
            return true;
        }

        return extent.File?.Direct is { } file
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
