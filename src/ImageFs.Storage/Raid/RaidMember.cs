using ImageFs.Linux;

namespace ImageFs.Storage.Raid;

/// <summary>A member of an array: where its data lies, and which of it is good.</summary>
/// <param name="name">What a person calls it, for errors: "member 1 of home".</param>
/// <param name="source">Its data, from the first byte of the array on it; null when the member is missing.</param>
/// <param name="length">Bytes of data that it has in the array; its source may be shorter, where the image is cut short.</param>
public sealed class RaidMember(string name, BlockSource? source, long length)
{
    /// <summary>What helps when one is missing, for the end of a sentence.</summary>
    internal const string Hint = "(-o device=FILE names the image of a member)";

    // Where bad blocks begin and end, by turns.
    private long[] _edges = [];

    /// <summary>What a person calls it.</summary>
    public string Name => name;

    /// <summary>Its data; null when it is missing.</summary>
    public BlockSource? Source => source;

    /// <summary>Bytes of data that it has in the array.</summary>
    public long Length => length;

    /// <summary>Bytes from its start on that are in sync with the others; what lies beyond was not rebuilt yet, and is not read from it.</summary>
    public long InSyncLength { get; init; } = long.MaxValue;

    /// <summary>Ranges that it cannot give, as it has noted down itself (a log of bad blocks); in any order.</summary>
    public IEnumerable<(long Start, long Length)> BadRanges
    {
        init => _edges = EdgesOf(value);
    }

    /// <summary>Whether it has the bytes from an offset on.</summary>
    /// <param name="offset">Where they begin.</param>
    /// <param name="length">Bytes wanted; cut to those that the answer is true of.</param>
    internal bool Has(long offset, ref long length)
    {
        long end = source is null ? 0 : Math.Min(Math.Min(source.Length, Length), InSyncLength);
        if (offset >= end)
        {
            return false;
        }

        length = Math.Min(length, end - offset);
        if (_edges.Length == 0)
        {
            return true;
        }

        int found = Array.BinarySearch(_edges, offset);
        int next = found < 0 ? ~found : found + 1;
        length = next < _edges.Length ? Math.Min(length, _edges[next] - offset) : length;
        return next % 2 == 0;
    }

    /// <summary>Reads bytes that it has.</summary>
    /// <param name="offset">Where they begin in its data.</param>
    /// <param name="destination">Takes them.</param>
    /// <returns>Whether they were read: the device may have failed.</returns>
    internal bool TryRead(long offset, Span<byte> destination)
    {
        try
        {
            source!.ReadAt(offset, destination);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return false;
        }
    }

    /// <summary>Why it does not have the byte at an offset, as the end of a sentence.</summary>
    internal string WhyNot(long offset) => source is null ? "is missing"
        : offset >= InSyncLength ? "was not rebuilt so far"
        : offset >= source.Length ? "is cut short"
        : "has bad blocks there";

    private static long[] EdgesOf(IEnumerable<(long Start, long Length)> ranges)
    {
        var edges = new List<long>();
        foreach ((long start, long length) in ranges.Where(range => range.Length > 0).Order())
        {
            if (edges.Count > 0 && start <= edges[^1])
            {
                edges[^1] = Math.Max(edges[^1], start + length);
            }
            else
            {
                edges.AddRange([start, start + length]);
            }
        }

        return [.. edges];
    }
}
