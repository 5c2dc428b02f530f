namespace ImageFs.FileSystems.Times;

/// <summary>From the dates of ECMA-119 to seconds since 1970.</summary>
internal static class CivilTime
{
    /// <summary>The largest zone, either way, in seconds.</summary>
    public const int MaxZoneSeconds = MaxZone * ZoneUnit;

    private const int ZoneUnit = 15 * 60;

    // Linux's limit; ECMA-119 9.1.5 has -48 to +52. Beyond it the byte is no zone.
    private const int MaxZone = 52;

    /// <summary>Seconds since 1970 of a date and time of the Gregorian calendar. Fields out of range carry over, as in Linux.</summary>
    public static long ToSeconds(int year, int month, int day, int hour, int minute, int second)
    {
        // Years from March on, so that the leap day is the last.
        month -= 2;
        if (month <= 0)
        {
            month += 12;
            year--;
        }

        long days = (year / 4) - (year / 100) + (year / 400) + (367 * month / 12) + day + (year * 365L) - 719_499;
        return (((((days * 24) + hour) * 60) + minute) * 60) + second;
    }

    /// <summary>Seconds by which a recorded zone is ahead of Greenwich: a signed number of quarter hours (ECMA-119 9.1.5).</summary>
    public static int ZoneToSeconds(byte zone)
    {
        int quarters = unchecked((sbyte)zone);
        return quarters is >= -MaxZone and <= MaxZone ? quarters * ZoneUnit : 0;
    }
}
