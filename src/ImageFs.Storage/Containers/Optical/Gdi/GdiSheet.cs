using System.Globalization;
using ImageFs.Storage.Containers.Optical.Sheets;

namespace ImageFs.Storage.Containers.Optical.Gdi;

/// <summary>A line of a GDI sheet.</summary>
/// <param name="Number">The track's number.</param>
/// <param name="Start">Its first sector; 45,000 and more are of the high-density area.</param>
/// <param name="Control">Bit 2 is set for data.</param>
/// <param name="SectorSize">Bytes in a sector.</param>
/// <param name="File">The file's name.</param>
/// <param name="Offset">Where the first sector begins in it, in bytes.</param>
internal sealed record GdiTrack(int Number, long Start, int Control, int SectorSize, string File, long Offset)
{
    // What the control field says of data, as in a table of contents.
    private const int DataTrack = 4;

    internal bool IsData => (Control & DataTrack) != 0;
}

/// <summary>A GDI sheet, as dumps of Dreamcast's discs have it: how many tracks there are, and a line of six fields for each.</summary>
internal static class GdiSheet
{
    private const int Fields = 6;

    /// <summary>Whether a text is one: a number alone, and a line with a track.</summary>
    internal static bool IsRecognised(string head)
    {
        string[] lines = [.. SheetText.Lines(head).Where(line => line.Trim().Length > 0).Take(2)];
        return lines.Length == 2 && ToNumber(lines[0].Trim(), Disc.MaxTracks) is > 0 && ParseTrack(lines[1]) is not null;
    }

    /// <summary>Its tracks, in the order of the disc.</summary>
    /// <exception cref="InvalidImageException">A line of it is not valid.</exception>
    internal static IReadOnlyList<GdiTrack> Parse(string text)
    {
        var tracks = new List<GdiTrack>();
        bool hasCount = false;
        int number = 0;
        foreach (string line in SheetText.Lines(text))
        {
            number++;
            if (line.Trim().Length == 0)
            {
                continue;
            }

            if (!hasCount)
            {
                hasCount = true;
                continue;
            }

            tracks.Add(tracks.Count < Disc.MaxTracks && ParseTrack(line) is { } track
                ? track
                : throw new InvalidImageException("GDI sheet", 0, $"line {number} is not valid: {line.Trim()[..Math.Min(line.Trim().Length, 80)]}"));
        }

        return [.. tracks.OrderBy(track => track.Start)];
    }

    // Number, sector, control, bytes in a sector, the file's name (with spaces in quotes, or without them too), where it begins there.
    private static GdiTrack? ParseTrack(string line)
    {
        List<string> words = SheetText.Split(line);
        return words.Count >= Fields
            && ToNumber(words[0], Disc.MaxTracks) is > 0 and long number
            && ToNumber(words[1], Disc.MaxSectors) is long start
            && ToNumber(words[2], 15) is long control
            && ToNumber(words[3], ushort.MaxValue) is long size
            && ToNumber(words[^1], Disc.MaxOffset) is long offset
            ? new GdiTrack((int)number, start, (int)control, (int)size, string.Join(' ', words[4..^1]), offset)
            : null;
    }

    private static long? ToNumber(string text, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= max ? number : null;
}
