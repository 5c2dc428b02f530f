using ImageFs.Tree;

namespace ImageFs.FileSystems.Times;

/// <summary>Dates and times as FAT and exFAT have them (fatgen103 6.3, exFAT 7.4.8).</summary>
internal static class DosTime
{
    /// <summary>The year from which they count.</summary>
    public const int FirstYear = 1980;

    /// <summary>Seconds in a day.</summary>
    public const int SecondsPerDay = 24 * 60 * 60;

    private const uint NanosecondsPerHundredth = 10_000_000;

    /// <summary>The point in time of a date and time.</summary>
    /// <param name="date">
    /// Day in bits 0 to 4, month in bits 5 to 8, years since 1980 above. A day or month of 0 is taken for 1, as by Linux.
    /// </param>
    /// <param name="time">Seconds halved in bits 0 to 4, minutes in bits 5 to 10, hours above. What is too large carries over.</param>
    /// <param name="hundredths">Hundredths of a second to add, up to 199.</param>
    /// <param name="aheadOfUtc">Seconds by which the clock was ahead of UTC.</param>
    public static Timestamp Read(ushort date, ushort time, byte hundredths, long aheadOfUtc)
    {
        int day = Math.Max(date & 0x1F, 1);
        int month = Math.Max((date >> 5) & 0xF, 1);
        long seconds = (DaysBefore(FirstYear + (date >> 9), month) + day - 1) * SecondsPerDay;
        seconds += ((time >> 11) * 3600) + (((time >> 5) & 0x3F) * 60) + ((time & 0x1F) * 2) + (hundredths / 100);
        return new Timestamp(seconds - aheadOfUtc, (uint)(hundredths % 100) * NanosecondsPerHundredth);
    }

    /// <summary>Days from 1970 to the start of a month; months from 13 on are of the next year.</summary>
    private static long DaysBefore(int year, int month)
    {
        // Years from March on, so that the leap day is the last.
        int months = month - 3;
        year += months < 0 ? -1 : months / 12;
        months = (months + 12) % 12;
        return (365L * year) + (year / 4) - (year / 100) + (year / 400) + (((153 * months) + 2) / 5) - 719_468;
    }
}
