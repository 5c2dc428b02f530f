using ImageFs.Help;

namespace ImageFs.Completion;

/// <summary>Completes the last word of a list of mount options.</summary>
internal static class MountOptionWords
{
    /// <summary>The lists that it may become.</summary>
    internal static IEnumerable<Candidate> Complete(string list)
    {
        int last = list.LastIndexOf(',') + 1;
        (string before, string word) = (list[..last], list[last..]);
        return MountOptionHelp.Groups.SelectMany(group => group.Rows)
            .SelectMany(row => word.Contains('=', StringComparison.Ordinal) ? Values(row.Term) : [Name(row.Term)], (row, text) => new Candidate(before + text, row.Meaning))
            .DistinctBy(candidate => candidate.Text)
            .Where(candidate => candidate.Text.StartsWith(list, StringComparison.Ordinal));
    }

    private static string Name(string term) => term[..(term.IndexOf('=', StringComparison.Ordinal) + 1)] is { Length: > 0 } name ? name : term;

    // Choices are in small letters; a word in capitals stands for what is to be given.
    private static IEnumerable<string> Values(string term)
    {
        string name = Name(term);
        return term[name.Length..].Split('|')
            .Where(value => value == "UTC" || !value.All(char.IsAsciiLetterUpper))
            .Select(value => name + value);
    }
}
