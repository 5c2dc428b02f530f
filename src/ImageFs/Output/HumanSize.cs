using System.Globalization;

namespace ImageFs.Output;

/// <summary>Sizes as <c>ls -h</c> writes them: 12, 1.5K, 34M, rounded up.</summary>
internal static class HumanSize
{
    private const string Units = "KMGTPE";
    private const int Step = 1024;

    /// <summary>The text.</summary>
    /// <param name="bytes">Bytes; at least 0.</param>
    internal static string Of(long bytes)
    {
        if (bytes < Step)
        {
            return bytes.ToString(CultureInfo.InvariantCulture);
        }

        decimal value = bytes;
        int unit = -1;
        while (value >= Step && unit < Units.Length - 1)
        {
            value /= Step;
            unit++;
        }

        // Rounding up may make it one of the next unit.
        decimal tenths = Math.Ceiling(value * 10) / 10;
        if (tenths < 10)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{tenths:0.0}{Units[unit]}");
        }

        decimal whole = Math.Ceiling(value);
        return whole >= Step && unit < Units.Length - 1
            ? string.Create(CultureInfo.InvariantCulture, $"1.0{Units[unit + 1]}")
            : string.Create(CultureInfo.InvariantCulture, $"{whole:0}{Units[unit]}");
    }
}
