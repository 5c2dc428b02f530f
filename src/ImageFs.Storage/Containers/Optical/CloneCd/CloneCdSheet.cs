using System.Globalization;

namespace ImageFs.Storage.Containers.Optical.CloneCd;

/// <summary>An entry of the table of contents (MMC, READ TOC format 2).</summary>
/// <param name="Session">The session, from 1.</param>
/// <param name="Point">A track's number; 0xA2 for the lead-out.</param>
/// <param name="Control">Bit 2 is set for data.</param>
/// <param name="Start">Its first sector.</param>
internal sealed record CloneCdEntry(long Session, long Point, long Control, long Start)
{
    internal bool IsTrack => Point is >= 1 and <= Disc.MaxTracks;
}

/// <summary>A CloneCD sheet: sections of keys and numbers.</summary>
internal sealed class CloneCdSheet
{
    private const int MaxEntries = 1000;

    private readonly List<CloneCdEntry> _entries = [];
    private readonly Dictionary<long, long> _modes = [];

    /// <summary>The entries of the table of contents.</summary>
    internal IReadOnlyList<CloneCdEntry> Entries => _entries;

    /// <summary>The mode of a data track, 1 or 2; null when the sheet does not tell.</summary>
    internal long? ModeOf(long track) => _modes.TryGetValue(track, out long mode) ? mode : null;

    /// <exception cref="InvalidImageException">It has no entries, or too many, or not all of what they need.</exception>
    internal static CloneCdSheet Parse(string text)
    {
        var sheet = new CloneCdSheet();
        string section = string.Empty;
        var values = new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> trimmed = line.Trim();
            if (trimmed is ['[', .. var name, ']'])
            {
                sheet.Add(section, values);
                section = name.ToString();
                values.Clear();
            }
            else if (trimmed.IndexOf('=') is > 0 and int equals && ToNumber(trimmed[(equals + 1)..].Trim()) is long value)
            {
                values[trimmed[..equals].Trim().ToString()] = value;
            }
        }

        sheet.Add(section, values);
        return sheet._entries.Exists(entry => entry.IsTrack) ? sheet : throw Invalid("it has no entry for a track");
    }

    private static InvalidImageException Invalid(string problem) => new("CloneCD sheet", 0, problem);

    private static long? ToNumber(ReadOnlySpan<char> text)
    {
        bool isNumber = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long value)
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);
        return isNumber && value is >= int.MinValue and <= int.MaxValue ? value : null;
    }

    private void Add(string section, Dictionary<string, long> values)
    {
        if (section.StartsWith("Entry ", StringComparison.OrdinalIgnoreCase))
        {
            if (_entries.Count == MaxEntries || !values.TryGetValue("Point", out long point) || !values.TryGetValue("PLBA", out long start))
            {
                throw Invalid($"[{section}] has no Point or PLBA, or there are more than {MaxEntries}");
            }

            long session = values.GetValueOrDefault("Session", 1);
            if (session is < 1 or > Disc.MaxTracks)
            {
                throw Invalid($"[{section}] is of session {session}");
            }

            _entries.Add(new CloneCdEntry(session, point, values.GetValueOrDefault("Control"), start));
        }
        else if (section.StartsWith("TRACK ", StringComparison.OrdinalIgnoreCase) && values.TryGetValue("MODE", out long mode)
            && ToNumber(section.AsSpan(6).Trim()) is long number)
        {
            _modes[number] = mode;
        }
    }
}
