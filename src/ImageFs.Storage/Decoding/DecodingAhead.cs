using System.Runtime.CompilerServices;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// Decodes what readers come to next, on all processors, no further ahead of them than there is room for. What cannot be read is left to the reader,
/// who is told. Whoever derives from it knows the readers; it has no thread before there is something to decode.
/// </summary>
public abstract class DecodingAhead : IDisposable
{
    /// <summary>Bytes that a thread takes at once.</summary>
    protected const int Part = 128 << 10;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly string _name;
    private readonly List<Thread> _threads = [];
    private volatile bool _isOver;

    /// <param name="room">Bytes that are decoded ahead of all readers together, at most.</param>
    /// <param name="name">The threads' name.</param>
    protected DecodingAhead(long room, string name)
    {
        Room = room;
        _name = name;
    }

    /// <summary>Bytes that are decoded ahead of all readers together, at most.</summary>
    protected long Room { get; }

    /// <summary>Held where runs are looked at and changed.</summary>
    protected object Sync { get; } = new();

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Sync)
        {
            _isOver = true;
            Monitor.PulseAll(Sync);
        }

        _threads.ForEach(thread => thread.Join(s_patience));
        GC.SuppressFinalize(this);
    }

    /// <summary>A run that has more; null when there is none, or no room. The lock is held.</summary>
    protected abstract AheadRun? Find();

    /// <summary>Finds the source of a run that <see cref="Find"/> gave without one. The lock is not held.</summary>
    protected virtual void Open(AheadRun run)
    {
    }

    /// <summary>Sets the threads to work, if there is any. The lock is held.</summary>
    protected void Wake()
    {
        if (_isOver || Find() is null)
        {
            return;
        }

        if (_threads.Count == 0)
        {
            while (_threads.Count < Environment.ProcessorCount && HelperThread.TryStart(Run, _name) is { } thread)
            {
                _threads.Add(thread);
            }

            _isOver = _threads.Count == 0;
        }

        Monitor.PulseAll(Sync);
    }

    private void Run()
    {
        while (!_isOver)
        {
            if (!TryStep())
            {
                Wait();
            }
        }
    }

    private void Wait()
    {
        lock (Sync)
        {
            while (!_isOver && Find() is null)
            {
                Monitor.Wait(Sync);
            }
        }
    }

    // A call of its own: a thread that waits keeps no source alive.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryStep()
    {
        AheadRun? run;
        BlockSource? source;
        (long Offset, long End) part;
        lock (Sync)
        {
            run = Find();
            source = run?.Source;
            part = run?.Take(Math.Min(Part, Room)) ?? default;
        }

        if (run is null)
        {
            return false;
        }

        if (source is null)
        {
            Open(run);
            return true;
        }

        bool goesOn = TryDecode(run, source, part.Offset, part.End, out bool found);
        lock (Sync)
        {
            // It may be another's by now.
            if (ReferenceEquals(run.Source, source))
            {
                run.Note(found);
                run.IsOver |= !goesOn;
            }
        }

        return true;
    }

    // False when there is no use in going on.
    private bool TryDecode(AheadRun run, BlockSource source, long offset, long end, out bool found)
    {
        found = false;
        try
        {
            while (offset < end && !_isOver)
            {
                LocatedExtent extent = source.Locate(offset, end - offset);
                if (extent is { Kind: ExtentKind.Encoded, Block.Codec.KeepsPlaces: false })
                {
                    found = true;
                    if (extent.Block.Length > Room || !extent.TryKeep())
                    {
                        return false;
                    }
                }

                offset = Math.Max(offset + extent.Length, run.Reader);
            }

            return true;
        }
        catch (Exception)
        {
            // Whatever it is, the reader meets it too, and there it is told.
            return false;
        }
    }
}
