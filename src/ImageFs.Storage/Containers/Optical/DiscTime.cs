using System.Globalization;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>Positions as minutes, seconds and frames: a frame is a sector, and there are 75 in a second (IEC 60908).</summary>
internal static class DiscTime
{
    internal const int SectorsPerSecond = 75;
    internal const int SecondsPerMinute = 60;

    /// <summary>Sectors in front of the first track: addresses by time count them, sector numbers do not.</summary>
    internal const int Pregap = 2 * SectorsPerSecond;

    /// <summary>Sectors from the end of the first session to the first track of the next: lead-out, lead-in and pregap.</summary>
    internal const int FirstSessionGap = 11400;

    /// <summary>The same after a later session, whose lead-out is shorter.</summary>
    internal const int SessionGap = 6900;

    internal static long ToSectors(int minutes, int seconds, int frames) =>
        ((((long)minutes * SecondsPerMinute) + seconds) * SectorsPerSecond) + frames;

    /// <summary>Reads "mm:ss:ff"; null when it is none.</summary>
    internal static long? TryParse(ReadOnlySpan<char> text)
    {
        Span<Range> parts = stackalloc Range[4];
        return text.Split(parts, ':') == 3
            && TryParse(text[parts[0]], 9999, out int minutes)
            && TryParse(text[parts[1]], SecondsPerMinute - 1, out int seconds)
            && TryParse(text[parts[2]], SectorsPerSecond - 1, out int frames)
            ? ToSectors(minutes, seconds, frames)
            : null;
    }

    private static bool TryParse(ReadOnlySpan<char> text, int max, out int value) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value <= max;
}
