using ImageFs.Fuzz.Running;

namespace ImageFs.Tests.Fuzzing;

/// <summary>Each parser with its corpus of mutants and some new ones: a little of <c>make fuzz</c> in every run of the tests.</summary>
internal sealed class ShortRunTests
{
    private const int Mutants = 500;
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1.5);

    [TestCaseSource(typeof(ShortRun), nameof(ShortRun.Formats))]
    public void Mutants_do_a_parser_no_harm(string format)
    {
        (IReadOnlyList<string> findings, long mutants, long opened, long read) = ShortRun.Do(format, Mutants, s_time);
        Assert.That(findings, Is.Empty);

        // A parser that refuses everything would find nothing.
        Assert.That(100 * opened, Is.AtLeast(5 * mutants), $"{opened} of {mutants} mutants open");
        Assert.That(100 * read, Is.AtLeast(5 * mutants), $"{read} of {mutants} mutants are read");
    }
}
