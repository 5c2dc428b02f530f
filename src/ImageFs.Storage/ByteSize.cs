using System.Globalization;

namespace ImageFs.Storage;

/// <summary>Sizes for people.</summary>
public static class ByteSize
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>A number of bytes in the largest unit of which there is one: "1.5 GiB".</summary>
    public static string Text(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (value >= 1024)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{(unit == 0 ? value : Math.Round(value, 1))} {s_units[unit]}");
    }
}
