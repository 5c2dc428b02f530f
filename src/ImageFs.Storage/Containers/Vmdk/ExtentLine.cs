using System.Globalization;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>
/// A line of the descriptor (VMDK: The Extent Description): <c>RW 4192256 SPARSE "disk-s001.vmdk"</c>. Behind the file are an offset, and
/// for extents on a device its partition's UUID and its name, which say nothing more of where the bytes are.
/// </summary>
/// <param name="Sectors">Sectors of the extent.</param>
/// <param name="Type">"SPARSE", "FLAT", "ZERO", "VMFS", "VMFSSPARSE" and others.</param>
/// <param name="File">The file; null when there is none.</param>
/// <param name="Offset">Where the extent begins in the file, in sectors; of flat ones.</param>
internal sealed record ExtentLine(long Sectors, string Type, string? File, long Offset)
{
    // So that all extents together are no longer than a file can be.
    private const long MaxSectors = 1L << 43;

    /// <summary>Whether a line is one of an extent.</summary>
    public static bool IsOne(string line) => line.IndexOfAny([' ', '\t']) is > 0 and var end && line[..end] is "RW" or "RDONLY" or "NOACCESS";

    /// <summary>Reads a line.</summary>
    /// <exception cref="InvalidImageException">It is none.</exception>
    public static ExtentLine Parse(string line)
    {
        List<string> words = SplitWords(line);
        string? file = words.Count > 3 && words[3].Length > 0 ? words[3] : null;
        long offset = 0;
        return words.Count is >= 3 and <= 7
            && TryParse(words[1], out long sectors)
            && (file is not null || words[2] == "ZERO")
            && file?.Contains('\0', StringComparison.Ordinal) != true
            && (words.Count < 5 || TryParse(words[4], out offset))
            ? new ExtentLine(sectors, words[2], file, offset)
            : throw Invalid(line);
    }

    // Between quotes, a word may have spaces.
    private static List<string> SplitWords(string line)
    {
        var words = new List<string>();
        for (int at = 0; at < line.Length;)
        {
            if (line[at] is ' ' or '\t')
            {
                at++;
                continue;
            }

            bool isQuoted = line[at] == '"';
            int start = isQuoted ? at + 1 : at;
            int end = isQuoted ? line.IndexOf('"', start) : line.AsSpan(start).IndexOfAny(' ', '\t') is >= 0 and var length ? start + length : line.Length;
            if (end < 0)
            {
                throw Invalid(line);
            }

            words.Add(line[start..end]);
            at = isQuoted ? end + 1 : end;
        }

        return words;
    }

    private static bool TryParse(string text, out long sectors) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sectors) && sectors <= MaxSectors;

    private static InvalidImageException Invalid(string line) =>
        new("vmdk descriptor", 0, $"\"{(line.Length > 100 ? line[..100] : line)}\" is no extent", "VMDK: The Extent Description");
}
