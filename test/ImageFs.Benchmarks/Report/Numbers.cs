using System.Globalization;

namespace ImageFs.Benchmarks.Report;

/// <summary>Numbers as tables show them.</summary>
internal static class Numbers
{
    private const double Large = 100;
    private const double Middle = 10;
    private const double Small = 1;

    /// <summary>A value with three digits that matter, or all before the point.</summary>
    public static string Text(double? value) => value switch
    {
        null => "–",
        >= Large => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        >= Middle => value.Value.ToString("0.0", CultureInfo.InvariantCulture),
        >= Small => value.Value.ToString("0.00", CultureInfo.InvariantCulture),
        0 => "0",
        _ => value.Value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    /// <summary>A ratio.</summary>
    public static string Ratio(double? value) => value is null ? "–" : value.Value.ToString("0.00", CultureInfo.InvariantCulture) + "x";
}
