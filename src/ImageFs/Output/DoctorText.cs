using ImageFs.Diagnosis;

namespace ImageFs.Output;

/// <summary>What was found out about a system, for people: a line for each fact, and what to do.</summary>
internal static class DoctorText
{
    private const int SubjectWidth = 20;
    private const string Reading = "info, ls, cat, extract and verify need nothing of this";

    /// <summary>Writes it.</summary>
    public static void Write(TextWriter output, MountFacts mounting, IEnumerable<Fact> others)
    {
        foreach (Fact fact in mounting.All.Concat(others))
        {
            output.WriteLine($"{Word(fact.Health),-5} {fact.Subject.PadRight(SubjectWidth)} {fact.Text}");
            if (fact.Advice.Length > 0)
            {
                output.WriteLine($"{new string(' ', SubjectWidth + 7)}{fact.Advice}");
            }
        }

        output.WriteLine();
        output.WriteLine(mounting.CanMount ? $"Mounting works, by {mounting.Way}." : $"Mounting does not work; {Reading}.");
    }

    /// <summary>A health's name.</summary>
    public static string Word(Health health) => health switch
    {
        Health.Good => "ok",
        Health.Limited => "less",
        Health.Bad => "no",
        _ => "-",
    };
}
