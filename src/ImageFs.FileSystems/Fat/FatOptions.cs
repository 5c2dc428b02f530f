using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>The mount options of Linux's vfat.</summary>
internal sealed class FatOptions : ClusterOptions
{
    // They concern writing or NFS, or have long had no effect.
    private static readonly string[] s_ignored =
    [
        "quiet", "sys_immutable", "flush", "nfs", "conv", "fat", "blocksize", "cvf_format", "cvf_options", "posix",
        "dots", "nodots", "dotsOK", "dos1xfloppy",
    ];

    /// <summary>Takes the options that vfat knows.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public FatOptions(OptionList options)
        : base(options)
    {
        Display = options.TakeValue("shortname") switch
        {
            null or "mixed" or "winnt" => ShortNameDisplay.ByFlags,
            "lower" => ShortNameDisplay.LowerCase,
            "win95" => ShortNameDisplay.AsRecorded,
            string other => throw new OptionException($"shortname={other}", "must be lower, win95, winnt or mixed"),
        };
        Display = options.TakeFlag("nocase") ? ShortNameDisplay.AsRecorded : Display;
        IsCaseSensitive = options.TakeValue("check") switch
        {
            null or "n" or "normal" or "r" or "relaxed" => false,
            "s" or "strict" => true,
            string other => throw new OptionException($"check={other}", "must be relaxed, normal or strict"),
        };
        int codePage = (int)(options.TakeNumber("codepage", max: int.MaxValue) ?? Fat.CodePage.Default);
        CodePage = Fat.CodePage.Numbers.Contains(codePage)
            ? Fat.CodePage.Get(codePage)
            : throw new OptionException($"codepage={codePage}", $"must be one of {string.Join(' ', Fat.CodePage.Numbers)}");
        OnlyProgramsExecutable = options.TakeFlag("showexec");
        ReadOnlyDirectories = options.TakeFlag("rodir");
        UseFreeCount = options.TakeFlag("usefree");
        TakeBoolean(options, "uni_xlate");
        TakeBoolean(options, "nonumtail");
        foreach (string name in s_ignored)
        {
            options.TryTake(name, out _);
        }
    }

    /// <summary><c>shortname=</c>: the case of short names.</summary>
    public ShortNameDisplay Display { get; }

    /// <summary><c>check=strict</c>: case counts in a lookup.</summary>
    public bool IsCaseSensitive { get; }

    /// <summary><c>codepage=</c>: the character set of short names.</summary>
    public CodePage CodePage { get; }

    /// <summary><c>showexec</c>: only EXE, COM and BAT may be executed.</summary>
    public bool OnlyProgramsExecutable { get; }

    /// <summary><c>rodir</c>: the attribute read-only counts for directories too.</summary>
    public bool ReadOnlyDirectories { get; }

    /// <summary><c>usefree</c>: the recorded number of free clusters is taken for true.</summary>
    public bool UseFreeCount { get; }
}
