using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>The length that a volume states, compared with that of the image: a download that broke off is reported as such.</summary>
public static class VolumeLength
{
    private const string CutShort = "it is cut short, and what lies beyond cannot be read";

    /// <summary>Warns when the image ends before the volume does.</summary>
    /// <param name="source">What the volume is on.</param>
    /// <param name="length">The length that the volume states, in bytes from the start of the source.</param>
    /// <param name="warn">Called with the warning.</param>
    public static void WarnIfCut(BlockSource source, long length, Action<string> warn)
    {
        if (length > source.Length)
        {
            warn($"the volume has {length} bytes, the image only {source.Length}: {CutShort}");
        }
    }

    /// <summary>A receiver of all warnings but that one: that a partition leaves the image has been said before anyone looks at its file system.</summary>
    /// <param name="warn">Called with the rest.</param>
    public static Action<string> ExceptCut(Action<string> warn) => warning =>
    {
        if (!warning.EndsWith(CutShort, StringComparison.Ordinal))
        {
            warn(warning);
        }
    };
}
