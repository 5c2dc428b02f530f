using ImageFs.Linux;

namespace ImageFs.Reading;

/// <summary>
/// Which files are left out, as tar(1) has it: a pattern that matches the end of a path, from any of its names on, takes that file, and a
/// directory with all in it. A star matches slashes, too. A slash at the start of a pattern is the root.
/// </summary>
/// <param name="patterns">The patterns.</param>
internal sealed class Exclusions(IEnumerable<string> patterns)
{
    private readonly (Glob Glob, bool IsFromRoot)[] _patterns =
    [
        .. patterns.Select(pattern => (new Glob(WithoutRoot(pattern).TrimEnd('/')), WithoutRoot(pattern).Length < pattern.Length)),
    ];

    /// <summary>Whether a file is left out, itself: not because it lies in a directory that is.</summary>
    /// <param name="path">Its path in the image, without a slash before it.</param>
    internal bool Has(ReadOnlySpan<byte> path)
    {
        if (_patterns.Length == 0)
        {
            return false;
        }

        string text = ByteText.FromBytes(path);
        foreach ((Glob glob, bool isFromRoot) in _patterns)
        {
            for (int start = 0; start >= 0; start = isFromRoot ? -1 : NextName(text, start))
            {
                if (glob.Matches(text[start..]))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static int NextName(string path, int start) => path.IndexOf('/', start) is >= 0 and var slash ? slash + 1 : -1;

    // "./etc" is what tar calls what is in the folder that it was made of.
    private static string WithoutRoot(string pattern) => pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern.TrimStart('/');
}
