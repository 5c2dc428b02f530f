using ImageFs.Checking;
using ImageFs.Storage.Checking;

namespace ImageFs.Output;

/// <summary>What was verified, for people: a line for each finding, and one of what was checked and what not.</summary>
internal static class VerifyText
{
    /// <summary>A finding as a line.</summary>
    public static string Line(string part, Finding finding) => PrintableText.Of($"{(part.Length == 0 ? string.Empty : $"{part}: ")}{finding}");

    /// <summary>The last line.</summary>
    public static string Summary(string image, IReadOnlyList<CheckOutcome> outcomes)
    {
        var verdict = new Verdict(outcomes);
        string done = List(outcomes.Where(outcome => !outcome.IsOpen));
        string open = List(outcomes.Where(outcome => outcome.IsOpen));
        return PrintableText.Of($"{image}: {verdict}; checked: {(done.Length == 0 ? "nothing" : done)}{(open.Length == 0 ? string.Empty : $"; not checked: {open}")}");
    }

    private static string List(IEnumerable<CheckOutcome> outcomes) => string.Join(", ", outcomes
        .GroupBy(outcome => outcome.Part)
        .Select(part => $"{(part.Key.Length == 0 ? string.Empty : $"{part.Key}: ")}{string.Join(", ", part.Select(Name))}"));

    private static string Name(CheckOutcome outcome) => (outcome.Extent, outcome.Obstacle) switch
    {
        (_, { Length: > 0 } obstacle) => $"{outcome.Name} ({obstacle})",
        ({ Length: > 0 } extent, _) => $"{outcome.Name} ({extent})",
        _ => outcome.Name,
    };
}
