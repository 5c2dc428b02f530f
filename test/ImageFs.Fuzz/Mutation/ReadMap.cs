namespace ImageFs.Fuzz.Mutation;

/// <summary>
/// The bytes of a seed that its parser reads, which are the ones worth changing. A read is chosen, and then a byte of it that is no zero,
/// or that is near one: so a structure of a few bytes is changed as often as a long table, and padding hardly ever.
/// </summary>
internal sealed class ReadMap
{
    // A field of zeros beside others, as far as this away, is a field too.
    private const int Near = 8;

    private readonly int[][] _places;

    /// <param name="bytes">The seed.</param>
    /// <param name="reads">What was read of it.</param>
    public ReadMap(ReadOnlySpan<byte> bytes, IEnumerable<(int Offset, int Length)> reads)
    {
        var places = new List<int[]>();
        foreach ((int offset, int length) in reads.Distinct())
        {
            if (PlacesIn(bytes, offset, length) is { Length: > 0 } found)
            {
                places.Add(found);
            }
        }

        _places = [.. places];
    }

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => _places.Length == 0;

    /// <summary>A place to change something at.</summary>
    public int Choose(Random random)
    {
        int[] read = _places[random.Next(_places.Length)];
        return read[random.Next(read.Length)];
    }

    private static int[] PlacesIn(ReadOnlySpan<byte> bytes, int offset, int length)
    {
        var places = new List<int>();
        int end = Math.Min(offset + length, bytes.Length);
        int last = -Near - 1;
        for (int i = Math.Max(0, offset - Near); i < Math.Min(end + Near, bytes.Length); i++)
        {
            if (bytes[i] == 0)
            {
                continue;
            }

            for (int j = Math.Max(Math.Max(last + Near + 1, i - Near), offset); j < Math.Min(i + Near, end); j++)
            {
                if (places.Count == 0 || places[^1] < j)
                {
                    places.Add(j);
                }
            }

            last = i;
        }

        return [.. places];
    }
}
