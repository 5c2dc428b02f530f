using System.Diagnostics;
using ImageFs.Fuzz.Running;
using ImageFs.Images;
using ImageFs.Tests.Support;

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

    [TestCaseSource(typeof(ShortRun), nameof(ShortRun.Alone))]
    public void Mutants_do_no_harm_in_a_process_of_their_own(string format)
    {
        using var fuzz = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "fuzz.dll"), format, "seed=1", $"mutants={Mutants}", "minutes=0.5"]) { RedirectStandardOutput = true })!;
        string output = fuzz.StandardOutput.ReadToEnd();
        fuzz.WaitForExit();
        Assert.That(fuzz.ExitCode, Is.Zero, output);
        Assert.That(output, Does.Match(@"(9\d|100) % opened, (9\d|100) % read"));
    }

    [Test]
    public void Every_format_that_is_read_opens_a_seed() =>
        Assert.That(KnownFormats.All.Except(KnownFormats.Foreign).Select(format => format.Name).Except(ShortRun.FindFormats()), Is.Empty, "formats without a target in FuzzTargets");

    [Test]
    public void Every_sound_seed_opens() => Assert.That(ShortRun.FindUnopened(), Is.Empty);

    [Test]
    public void Every_damaged_image_is_a_start_for_mutants()
    {
        IEnumerable<string> images = Directory.EnumerateFiles(Path.Combine(SourceTree.Folder, "images", "invalid"), "*.gz").Select(path => $"invalid/{Path.GetFileNameWithoutExtension(path)}");
        Assert.That(images.Except(ShortRun.Seeds), Is.Empty, "images without a target in FuzzTargets");
    }
}
