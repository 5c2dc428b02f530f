using System.Globalization;

namespace ImageFs.Linux;

/// <summary>The processors that the kernel reckons with.</summary>
public static class Processors
{
    private const string PossiblePath = "/sys/devices/system/cpu/possible";

    /// <summary>How many there may ever be, those not plugged in yet among them; null where the kernel does not say.</summary>
    public static int? CountPossible()
    {
        try
        {
            return Count(File.ReadAllText(PossiblePath));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How many processors a list such as "0-3,8" names; null when it is no such list.</summary>
    internal static int? Count(string list)
    {
        int count = 0;
        foreach (string range in list.Trim().Split(','))
        {
            string[] ends = range.Split('-');
            if (ends.Length > 2 ||
                !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) ||
                !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last) || last < first)
            {
                return null;
            }

            count += last - first + 1;
        }

        return count;
    }
}
