using System.Diagnostics;
using System.Globalization;
using System.Text;
using ImageFs.Benchmarks.Report;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>How fast the same bytes are read from the start to the end in several ways, in turns: medians, and their share of the first way's.</summary>
/// <param name="settings">How many rounds.</param>
/// <param name="what">What is read, for the table's head.</param>
/// <param name="length">Bytes that each way reads.</param>
internal sealed class RateTable(Settings settings, string what, long length)
{
    private readonly List<(string Name, List<double> Rates)> _ways = [];
    private readonly List<string> _failures = [];

    /// <summary>What did not work, a line each.</summary>
    public List<string> Failures => _failures;

    /// <summary>Measures, and makes the table.</summary>
    /// <param name="ways">Their names; and what makes each ready, takes the time of its reading by what it is given, and takes it down again.</param>
    public string Run(params IReadOnlyList<(string Name, Action<Action<Action>> Run)> ways)
    {
        _ways.AddRange(ways.Select(way => (way.Name, new List<double>())));
        for (int round = 0; round < settings.Rounds; round++)
        {
            for (int i = 0; i < ways.Count; i++)
            {
                List<double> rates = _ways[i].Rates;
                try
                {
                    ways[i].Run(read => rates.Add(RateOf(read)));
                }
                catch (Exception e) when (e is InvalidOperationException or TimeoutException)
                {
                    _failures.Add($"{ways[i].Name}: {e.Message}");
                }
            }
        }

        return Table();
    }

    private double RateOf(Action read)
    {
        var time = Stopwatch.StartNew();
        read();
        return length / time.Elapsed.TotalSeconds;
    }

    private string Table()
    {
        var table = new MarkdownTable([what, "MB/s", $"of {_ways[0].Name}"]);
        double? first = Median(_ways[0].Rates);
        foreach ((string name, List<double> rates) in _ways)
        {
            table.Add([name, Numbers.Text(Median(rates) / 1e6), Numbers.Text(Median(rates) / first)]);
        }

        return new StringBuilder()
            .AppendLine(string.Create(
                CultureInfo.InvariantCulture, $"{Machine.Describe(settings.Root)} Medians of {settings.Rounds} round{(settings.Rounds == 1 ? string.Empty : "s")}."))
            .AppendLine()
            .Append(table)
            .ToString();
    }

    private static double? Median(List<double> rates) => rates.Count > 0 ? Results.Median(rates) : null;
}
