namespace ImageFs.Tree;

/// <summary>
/// Finds what was meant by a word that is none: that which is fewest slips of a finger away (the distance of Damerau and Levenshtein, in the form
/// that calls a letter left out, added, replaced, or swapped with its neighbour one). Small and large letters are the same.
/// </summary>
public static class NearWord
{
    // Of three letters one may be wrong.
    private const int LettersPerSlip = 3;

    // As long as a name can be (NAME_MAX), and as many as are looked through in no time.
    private const int MaxLength = 255;
    private const int MaxCandidates = 20_000;

    /// <summary>The nearest of several words; of those as near the first. Null when none is near.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="candidates">What there is.</param>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        string? nearest = null;
        int limit = Math.Max(1, word.Length / LettersPerSlip);
        foreach (string candidate in candidates.Take(MaxCandidates))
        {
            // At least one letter has to be right.
            int bound = Math.Min(limit, Math.Max(word.Length, candidate.Length) - 1);
            int distance = Distance(word, candidate, bound);
            if (distance <= bound)
            {
                nearest = candidate;
                limit = distance - 1;
            }

            if (limit < 0)
            {
                break;
            }
        }

        return nearest;
    }

    /// <summary>How many slips lie between two words.</summary>
    /// <param name="one">The one.</param>
    /// <param name="other">The other.</param>
    /// <param name="limit">More than these are not counted.</param>
    /// <returns>More than the limit when it is more.</returns>
    internal static int Distance(string one, string other, int limit)
    {
        if (Math.Abs(one.Length - other.Length) > limit || one.Length > MaxLength || other.Length > MaxLength)
        {
            return int.MaxValue;
        }

        // Rows of the matrix: the distances of the beginnings of one word to all beginnings of the other.
        int[] before = new int[other.Length + 1];
        int[] above = [.. Enumerable.Range(0, other.Length + 1)];
        int[] row = new int[other.Length + 1];
        for (int i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            int least = i;
            for (int j = 1; j <= other.Length; j++)
            {
                int slip = IsSame(one[i - 1], other[j - 1]) ? 0 : 1;
                row[j] = Math.Min(Math.Min(above[j], row[j - 1]) + 1, above[j - 1] + slip);
                if (i > 1 && j > 1 && IsSame(one[i - 1], other[j - 2]) && IsSame(one[i - 2], other[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }

                least = Math.Min(least, row[j]);
            }

            if (least > limit + 1)
            {
                return int.MaxValue;
            }

            (before, above, row) = (above, row, before);
        }

        return above[other.Length];
    }

    private static bool IsSame(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
}
