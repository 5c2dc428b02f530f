using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>
/// What a file system may keep in memory of its metadata, in bytes (<c>-o cache-size=</c>): blocks as they are on disk, and what it made
/// of its directories.
/// </summary>
public readonly record struct CacheSize
{
    private const string Option = "cache-size";
    private const int Default = 8 * 1024 * 1024;
    private const int Min = 64 * 1024;
    private const int Max = 1024 * 1024 * 1024;

    // Blocks are at hand in the page cache, an index has to be made again.
    private const int BlocksPart = 8;

    private readonly int _bytes;

    private CacheSize(int bytes) => _bytes = bytes;

    /// <summary>For blocks.</summary>
    public int Blocks => Total / BlocksPart;

    /// <summary>For directories.</summary>
    public int Directories => Total - Blocks;

    // The default, also where no option sets it.
    private int Total => _bytes > 0 ? _bytes : Default;

    /// <summary>Takes the option.</summary>
    /// <exception cref="OptionException">It is no size, too small or too large.</exception>
    public static CacheSize Take(OptionList options) =>
        options.TakeSize(Option) is long bytes
            ? bytes is >= Min and <= Max ? new CacheSize((int)bytes) : throw new OptionException($"{Option}={bytes}", $"must be {Min} to {Max} bytes")
            : default;

    /// <summary>Gives each of several file systems its part.</summary>
    /// <param name="options">The options of all; those of one afterwards.</param>
    /// <param name="count">How many file systems there are.</param>
    public static void Divide(OptionList options, int count) =>
        options.Add($"{Option}={Math.Max(Min, Take(options).Total / count)}");
}
