using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>The length that a volume gives itself, against that of the image: a download that broke off is told as that.</summary>
public static class VolumeLength
{
    private const string CutShort = "it is cut short, and what lies behind cannot be read";

    /// <summary>Warns when the image ends before the volume does.</summary>
    /// <param name="source">What the volume is on.</param>
    /// <param name="length">The volume's length in bytes by its own words, from the start of the source.</param>
    /// <param name="warn">Hears of it.</param>
    public static void WarnIfCut(BlockSource source, long length, Action<string> warn)
    {
        if (length > source.Length)
        {
            warn($"the volume has {length} bytes, the image only {source.Length}: {CutShort}");
        }
    }

    /// <summary>What hears of everything but that: of a partition that leaves the image it is told before anyone looks at its file system.</summary>
    /// <param name="warn">Hears of the rest.</param>
    public static Action<string> ExceptCut(Action<string> warn) => warning =>
    {
        if (!warning.EndsWith(CutShort, StringComparison.Ordinal))
        {
            warn(warning);
        }
    };
}
