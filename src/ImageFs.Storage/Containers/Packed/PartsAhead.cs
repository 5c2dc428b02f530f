using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>
/// Decodes ahead of who reads one byte after the other: the rest of the part, and the parts that come next, side by side on all processors.
/// Its threads end when nobody has read on for a while.
/// </summary>
/// <param name="bytes">What is decoded.</param>
/// <param name="maxKept">Bytes that are kept at most: no more than half of it is decoded ahead.</param>
/// <param name="maxThreads">Threads at most.</param>
internal sealed class PartsAhead(UnpackedBytes bytes, long maxKept, int maxThreads)
{
    private const long Window = 64 << 20;
    private const long MinRun = 512 << 10;
    private const long MaxSkip = 1 << 20;
    private const int PatienceInMilliseconds = 2000;

    private readonly object _gate = new();
    private long _wanted;
    private long _noted;
    private long _run;
    private int _threads;
    private int _waiting;

    /// <summary>Somebody reads bytes.</summary>
    public void Note(long offset, long length)
    {
        lock (_gate)
        {
            bool goesOn = offset >= _wanted - MaxSkip && offset <= _wanted + MaxSkip;
            _run = goesOn ? _run + length : 0;
            _wanted = offset + length;
            if (_run < MinRun || Math.Abs(_wanted - _noted) < MaxSkip)
            {
                return;
            }

            _noted = _wanted;

            if (_waiting > 0)
            {
                Monitor.PulseAll(_gate);
            }
            else if (_threads < maxThreads && HelperThread.TryStart(Run, "unpacking ahead") is not null)
            {
                _threads++;
            }
        }
    }

    private void Run()
    {
        while (true)
        {
            PartLane? lane = null;
            long end = 0;
            try
            {
                lane = Find(out end);
                while (lane is not null && lane.Position < EndOf(lane.Part) && bytes.Step(lane))
                {
                }
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                // The reader gets the error.
            }
            finally
            {
                if (lane is not null)
                {
                    bytes.Release(lane);
                }
            }

            lock (_gate)
            {
                if (lane is null)
                {
                    _waiting++;
                    bool isWanted = Monitor.Wait(_gate, PatienceInMilliseconds);
                    _waiting--;
                    if (!isWanted)
                    {
                        _threads--;
                        return;
                    }
                }
            }
        }
    }

    private PartLane? Find(out long end)
    {
        end = 0;
        long wanted = Volatile.Read(ref _wanted);
        if (wanted >= bytes.Parts.Length)
        {
            return null;
        }

        long limit = wanted + Math.Min(Window, maxKept / 4);
        for (int index = bytes.Parts.Find(wanted); index < bytes.Parts.Count; index++)
        {
            PackedPart part = bytes.Parts[index];
            if (part.Offset >= limit)
            {
                break;
            }

            end = EndOf(part);
            long from = Math.Max(part.Offset, wanted);
            if (from < end && bytes.TryTakeAhead(index, from, end) is { } lane)
            {
                return lane;
            }
        }

        return null;
    }

    // One that was begun is brought to its end, as far as there is room; what comes after it, as far as the window goes.
    private long EndOf(in PackedPart part)
    {
        long wanted = Volatile.Read(ref _wanted);
        return part.Length <= UnpackedBytes.MaxWhole ? part.End : Math.Min(part.End, wanted + (maxKept / 2));
    }
}
