using System.Globalization;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>A line of the descriptor: <c>RW 4192256 SPARSE "disk-s001.vmdk"</c> (VMDK: The Extent Description).</summary>
/// <param name="Sectors">Sectors of the extent.</param>
/// <param name="Type">"SPARSE", "FLAT", "ZERO", "VMFS", "VMFSSPARSE" and others.</param>
/// <param name="File">The file; null when there is none.</param>
/// <param name="Offset">Where the extent begins in the file, in sectors; of flat ones.</param>
internal sealed record ExtentLine(long Sectors, string Type, string? File, long Offset)
{
    // So that all extents together are no longer than a file can be.
    private const long MaxSectors = 1L << 43;

    /// <summary>Whether a line is one of an extent.</summary>
    public static bool IsOne(string line) =>
        line.StartsWith("RW ", StringComparison.Ordinal)
        || line.StartsWith("RDONLY ", StringComparison.Ordinal)
        || line.StartsWith("NOACCESS ", StringComparison.Ordinal);

    /// <summary>Reads a line.</summary>
    /// <exception cref="InvalidImageException">It is none.</exception>
    public static ExtentLine Parse(string line)
    {
        // A name is in quotes and may have spaces.
        int open = line.IndexOf('"', StringComparison.Ordinal);
        int close = line.LastIndexOf('"');
        string? file = open >= 0 && close > open + 1 ? line[(open + 1)..close] : null;
        string[] words = (open >= 0 ? line[..open] : line).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string rest = close > open ? line[(close + 1)..].Trim() : string.Empty;
        if (words.Length < 3
            || !TryParse(words[1], out long sectors)
            || (file is null && words[2] != "ZERO")
            || file?.Contains('\0', StringComparison.Ordinal) == true)
        {
            throw Invalid(line);
        }

        string[] behind = rest.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long offset = 0;
        return behind.Length == 0 || TryParse(behind[0], out offset) ? new ExtentLine(sectors, words[2], file, offset) : throw Invalid(line);
    }

    private static bool TryParse(string text, out long sectors) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sectors) && sectors <= MaxSectors;

    private static InvalidImageException Invalid(string line) =>
        new("vmdk descriptor", 0, $"\"{(line.Length > 100 ? line[..100] : line)}\" is no extent", "VMDK: The Extent Description");
}
