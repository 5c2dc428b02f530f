using System.Collections.Concurrent;

namespace ImageFs.Storage.Remote;

/// <summary>Where an image reads as zeros, as its server says: asked for once for each part of it, when somebody comes there first.</summary>
/// <param name="transport">Asks.</param>
/// <param name="length">Length of the image.</param>
internal sealed class ZeroMap(PatientTransport transport, long length)
{
    private const int PartShift = 30;
    private const long PartLength = 1L << PartShift;

    // Runs of one part: a server that tells of more is not asked on, and the rest of the part counts as data.
    private const int MaxRuns = 1 << 16;
    private const int MaxQuestions = 64;

    // For each part that was asked for the ends of its runs, counted from its start; every second run is of zeros, and the first is not. How
    // many parts there are is the server's word, and nothing is made for it.
    private readonly ConcurrentDictionary<long, int[]> _parts = [];

    /// <summary>The run that a byte is in.</summary>
    /// <param name="offset">The byte.</param>
    /// <param name="maxLength">Bytes wanted at most.</param>
    /// <param name="isZero">Whether all of the run are zeros.</param>
    /// <returns>How many bytes it has from there on; at least 1.</returns>
    public long Find(long offset, long maxLength, out bool isZero)
    {
        long start = offset >> PartShift << PartShift;
        int[] ends = _parts.TryGetValue(offset >> PartShift, out int[]? known) ? known : Ask(start);
        int place = (int)(offset - start);
        int run = Array.BinarySearch(ends, place + 1);
        run = run < 0 ? ~run : run;
        if (run == ends.Length)
        {
            isZero = false;
            return Math.Min(maxLength, PartLength - place);
        }

        // A run may be empty: the first, where a part begins with zeros.
        while (run > 0 && ends[run - 1] == ends[run])
        {
            run--;
        }

        isZero = run % 2 == 1;
        return Math.Min(maxLength, ends[run] - place);
    }

    private int[] Ask(long start)
    {
        long partLength = Math.Min(PartLength, length - start);
        var ends = new List<int>();
        var runs = new List<(long Length, bool IsZero)>();
        long known = 0;
        for (int question = 0; known < partLength && question < MaxQuestions && ends.Count < MaxRuns; question++)
        {
            runs.Clear();
            if (!transport.TryFindZeros(start + known, partLength - known, runs))
            {
                break;
            }

            foreach ((long run, bool isZero) in runs)
            {
                long end = Math.Min(partLength, known + run);
                if (end > known)
                {
                    Add(ends, (int)end, isZero);
                    known = end;
                }
            }
        }

        return _parts[start >> PartShift] = [.. ends];
    }

    private static void Add(List<int> ends, int end, bool isZero)
    {
        bool isLastZero = ends.Count % 2 == 0;
        if (ends.Count > 0 && isLastZero == isZero)
        {
            ends[^1] = end;
        }
        else
        {
            if (ends.Count == 0 && isZero)
            {
                ends.Add(0);
            }

            ends.Add(end);
        }
    }
}
