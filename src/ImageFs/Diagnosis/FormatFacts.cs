using ImageFs.Images;
using ImageFs.Storage.Formats;

namespace ImageFs.Diagnosis;

/// <summary>What this program reads, by the names that <c>-o fs=</c> and <c>imagefs info</c> use.</summary>
internal static class FormatFacts
{
    /// <summary>One fact for each kind of format.</summary>
    public static IEnumerable<Fact> Find() =>
    [
        Read("file systems", KnownFormats.FileSystems),
        Read("disk images", KnownFormats.Containers),
        Read("volumes", KnownFormats.Volumes),
    ];

    private static Fact Read(string kind, IEnumerable<Format> formats) =>
        new(kind, Health.Note, string.Join(", ", formats.Where(format => format.IsRead).Select(format => format.Name)));
}
