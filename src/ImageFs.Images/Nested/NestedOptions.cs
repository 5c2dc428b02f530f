using ImageFs.Storage;

namespace ImageFs.Images.Nested;

/// <summary>What the options say of images inside an image that is mounted with them (<c>nested</c>).</summary>
/// <param name="Depth">How many images may lie in each other, the one that is mounted not counted.</param>
/// <param name="Options">The options that count for each of them.</param>
public sealed record NestedOptions(int Depth, OptionList Options)
{
    private const string Flag = "nested";
    private const string DepthOption = "nested-depth";
    private const int DefaultDepth = 3;
    private const int MaxDepth = 8;

    // Which part of which image, and how it is decrypted, is not said of all; whose everything is, is.
    private static readonly HashSet<string> s_shared = ["uid", "gid", "mode", "dmode", "umask", "fmask", "dmask"];

    /// <summary>Takes them; null when images inside are to be files alone.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public static NestedOptions? Take(OptionList options)
    {
        bool isWanted = options.TakeFlag(Flag);
        uint? depth = options.TakeNumber(DepthOption, max: MaxDepth);
        if (depth == 0)
        {
            throw new OptionException($"{DepthOption}=0", $"must be 1 to {MaxDepth}");
        }

        if (!isWanted && depth is null)
        {
            return null;
        }

        OptionList shared = options.Copy();
        shared.Keep(s_shared);
        return new NestedOptions((int)(depth ?? DefaultDepth), shared);
    }
}
