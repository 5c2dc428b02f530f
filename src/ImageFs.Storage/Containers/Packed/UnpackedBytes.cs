using System.Buffers;
using ImageFs.Linux;
using ImageFs.Storage.Caching;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>
/// What was decoded of a packed file, in a cache file that replies are spliced from. A part is decoded from its beginning by one thread at a
/// time; who wants bytes that another thread is on its way to waits for it. Threads of its own decode ahead of who reads on.
/// </summary>
/// <remarks>
/// A part of up to 64 MiB is handed out when all of it is decoded and has its checksum. A longer one is handed out as it comes: when it
/// proves to be damaged in the end, all of it is an error from then on.
/// </remarks>
internal sealed class UnpackedBytes
{
    /// <summary>The longest part that is checked whole before any of it is handed out.</summary>
    public const long MaxWhole = 64 << 20;

    private const int StepLength = 256 << 10;
    private const int MaxThreads = 4;

    private readonly object _gate = new();
    private readonly List<PartLane> _lanes = [];
    private readonly Dictionary<int, (long From, ImageException Failure)> _failures = [];
    private readonly Packing _packing;
    private readonly PackedParts _parts;
    private readonly UnpackingCounts _counts;
    private readonly Lazy<CacheFile> _cache;
    private readonly PartsAhead _ahead;
    private readonly ulong[] _checked;
    private readonly int _maxLanes = Math.Clamp(Environment.ProcessorCount, 1, MaxThreads) + 1;
    private long _clock;

    /// <param name="packing">Decodes parts.</param>
    /// <param name="parts">The parts; at least one.</param>
    /// <param name="context">Where what was decoded is kept, and counted.</param>
    /// <param name="kept">What was kept of it while its length was found, all of it decoded and checked; null when nothing was.</param>
    public UnpackedBytes(Packing packing, PackedParts parts, OpenContext context, CacheFile? kept)
    {
        _packing = packing;
        _parts = parts;
        _counts = context.Unpacking;
        _cache = kept is null ? new Lazy<CacheFile>(() => context.Cache.Make(parts.Length)) : new Lazy<CacheFile>(kept);
        _checked = new ulong[(parts.Count / 64) + 1];
        if (kept is not null)
        {
            _checked.AsSpan().Fill(ulong.MaxValue);
        }

        _ahead = new PartsAhead(this, context.Cache.MaxBytes, Math.Clamp(Environment.ProcessorCount, 1, MaxThreads));
    }

    /// <summary>Nothing leads to it any more: neither to its file.</summary>
    ~UnpackedBytes()
    {
        if (_cache is { IsValueCreated: true })
        {
            _cache.Value.Dispose();
        }
    }

    /// <summary>The parts.</summary>
    public PackedParts Parts => _parts;

    /// <summary>Takes hold of bytes in the file, where they are decoded to now if they are not there.</summary>
    /// <param name="offset">At least 0 and less than the length of the parts.</param>
    /// <param name="maxLength">At least 1.</param>
    /// <param name="lease">The bytes.</param>
    /// <returns>False when there is no room for them: <see cref="Read"/> does without.</returns>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public bool TryLease(long offset, long maxLength, out FileLease lease)
    {
        long length = Math.Min(maxLength, StepLength);
        _ahead.Note(offset, length);
        PackedPart part = Check(offset, out int index);
        length = Math.Min(length, part.End - offset);
        if (!_cache.Value.TryLease(offset, length, out lease))
        {
            Decode(index, offset, default);
            return _cache.Value.TryLease(offset, length, out lease);
        }

        return true;
    }

    /// <summary>Copies bytes.</summary>
    /// <param name="offset">At least 0.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public void Read(long offset, Span<byte> destination)
    {
        _ahead.Note(offset, destination.Length);
        while (destination.Length > 0)
        {
            PackedPart part = Check(offset, out int index);
            Span<byte> wanted = destination[..(int)Math.Min(destination.Length, part.End - offset)];
            int count = _cache.Value.Read(offset, wanted);
            if (count == 0)
            {
                count = Decode(index, offset, wanted);
            }

            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>For who decodes ahead: a part to go on with that nobody is at.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="from">Where the bytes begin that are wanted of it.</param>
    /// <param name="end">Where they end.</param>
    /// <returns>Null when there is nothing to do there.</returns>
    internal PartLane? TryTakeAhead(int index, long from, long end)
    {
        PackedPart part = _parts[index];
        lock (_gate)
        {
            if (_failures.ContainsKey(index) || _lanes.Exists(lane => lane.Index == index && lane.IsBusy))
            {
                return null;
            }

            long wanted = IsChecked(index) || part.Length > MaxWhole ? from : part.Offset;
            long present = _cache.Value.LengthFrom(wanted, end - wanted);
            if (wanted + present >= end && (IsChecked(index) || part.Length > MaxWhole))
            {
                return null;
            }

            return TakeLane(index, in part, wanted + present, waits: false);
        }
    }

    /// <summary>Decodes the next bytes of a part, and keeps them.</summary>
    /// <returns>Whether there are more.</returns>
    internal bool Step(PartLane lane) => Step(lane, 0, default, out _);

    /// <summary>Lets others go on with a part.</summary>
    internal void Release(PartLane lane)
    {
        lock (_gate)
        {
            lane.IsBusy = false;
            lane.LastUsed = ++_clock;
            Monitor.PulseAll(_gate);
        }
    }

    // The part that an offset is in, decoded and checked whole where that is due before any of it is handed out.
    private PackedPart Check(long offset, out int index)
    {
        index = _parts.Find(offset);
        PackedPart part = _parts[index];
        while (true)
        {
            PartLane? lane;
            lock (_gate)
            {
                ThrowFailure(index, offset);
                if (part.Length > MaxWhole || IsChecked(index))
                {
                    return part;
                }

                lane = TakeLane(index, in part, part.End, waits: true);
            }

            if (lane is not null)
            {
                Run(lane, part.End, 0, default, out _);
            }
        }
    }

    // Decodes until the byte at an offset is there; copies what comes from there on, since there may be no room to keep it.
    private int Decode(int index, long offset, Span<byte> destination)
    {
        PackedPart part = _parts[index];
        while (true)
        {
            PartLane? lane;
            bool isThere;
            lock (_gate)
            {
                ThrowFailure(index, offset);

                // Whoever was at it may have brought it.
                isThere = _cache.Value.LengthFrom(offset, 1) > 0;
                lane = isThere ? null : TakeLane(index, in part, offset, waits: true);
            }

            int copied = 0;
            if (lane is not null)
            {
                Run(lane, offset + 1, offset, destination, out copied);
                isThere = true;
            }

            if (copied == 0 && isThere && destination.Length > 0)
            {
                copied = _cache.Value.Read(offset, destination);
            }

            if (copied > 0 || (isThere && destination.Length == 0))
            {
                return copied;
            }
        }
    }

    // With the gate's lock. A lane of a part that has not passed an offset; null when there is none yet, after somebody came further.
    private PartLane? TakeLane(int index, in PackedPart part, long offset, bool waits)
    {
        PartLane? best = null;
        foreach (PartLane lane in _lanes)
        {
            if (lane.Index == index && lane.Position <= offset && (best is null || lane.Position > best.Position))
            {
                best = lane;
            }
        }

        if (best is { IsBusy: false })
        {
            best.IsBusy = true;
            return best;
        }

        if (best is null && (_lanes.Count < _maxLanes || TryDropLane()))
        {
            best = new PartLane(index, part) { IsBusy = true };
            _lanes.Add(best);
            return best;
        }

        if (waits)
        {
            Monitor.Wait(_gate);
        }

        return null;
    }

    private bool TryDropLane()
    {
        PartLane? oldest = null;
        foreach (PartLane lane in _lanes)
        {
            if (!lane.IsBusy && (oldest is null || lane.LastUsed < oldest.LastUsed))
            {
                oldest = lane;
            }
        }

        if (oldest is null)
        {
            return false;
        }

        _lanes.Remove(oldest);
        oldest.Dispose();
        return true;
    }

    private void Run(PartLane lane, long until, long offset, Span<byte> destination, out int copied)
    {
        copied = 0;
        try
        {
            while (lane.Position < until && copied == 0 && Step(lane, offset, destination, out copied))
            {
            }
        }
        finally
        {
            Release(lane);
        }
    }

    private bool Step(PartLane lane, long offset, Span<byte> destination, out int copied)
    {
        copied = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(StepLength + 1);
        try
        {
            lane.Reader ??= _packing.Read(lane.Part);
            int count = lane.Reader.Read(buffer.AsSpan(0, StepLength));
            Span<byte> bytes = buffer.AsSpan(0, count);

            // Its checksum comes after its last byte, and before that is handed out.
            bool isEnd = lane.Position + count == lane.Part.End && lane.Reader.Read(buffer.AsSpan(count, 1)) == 0;
            _ = _cache.Value.Store(lane.Position, bytes);
            _counts.AddDecoded(count);
            if (offset >= lane.Position && offset < lane.Position + count)
            {
                bytes = bytes[(int)(offset - lane.Position)..];
                copied = Math.Min(bytes.Length, destination.Length);
                bytes[..copied].CopyTo(destination);
            }

            lock (_gate)
            {
                lane.Position += count;
                if (isEnd)
                {
                    Remove(lane);
                    _checked[lane.Index / 64] |= 1UL << (lane.Index % 64);
                }

                Monitor.PulseAll(_gate);
            }

            return !isEnd;
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                Remove(lane);
                if (e is ImageException failure)
                {
                    // Nobody knows since where it has been wrong; what is cut off is only missing.
                    _failures[lane.Index] = (e is TruncatedImageException ? lane.Position : lane.Part.Offset, failure);
                }

                Monitor.PulseAll(_gate);
            }

            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Remove(PartLane lane)
    {
        _lanes.Remove(lane);
        lane.Dispose();
    }

    private void ThrowFailure(int index, long offset)
    {
        if (_failures.TryGetValue(index, out (long From, ImageException Failure) failed) && offset >= failed.From)
        {
            throw failed.Failure;
        }
    }

    private bool IsChecked(int index) => (_checked[index / 64] >> (index % 64) & 1) != 0;
}
