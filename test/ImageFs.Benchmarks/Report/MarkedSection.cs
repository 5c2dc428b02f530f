namespace ImageFs.Benchmarks.Report;

/// <summary>A part of a document that a program writes: between two lines of comments, so that the text around it stays.</summary>
internal static class MarkedSection
{
    /// <summary>Replaces what is between the markers.</summary>
    /// <param name="document">The document.</param>
    /// <param name="name">The name that the markers have.</param>
    /// <param name="text">What is to be there.</param>
    /// <exception cref="InvalidDataException">The document does not have the markers.</exception>
    public static void Write(string document, string name, string text)
    {
        string begin = $"<!-- {name}: begin -->\n";
        string end = $"<!-- {name}: end -->\n";
        string all = File.ReadAllText(document);
        int from = all.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        int to = all.IndexOf(end, StringComparison.Ordinal);
        if (from < begin.Length || to < from)
        {
            throw new InvalidDataException($"{document} does not have the lines {begin.Trim()} and {end.Trim()}");
        }

        File.WriteAllText(document, $"{all[..from]}\n{text}\n{all[to..]}");
    }
}
