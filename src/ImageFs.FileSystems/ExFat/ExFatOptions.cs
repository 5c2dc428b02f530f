using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;

namespace ImageFs.FileSystems.ExFat;

/// <summary>The mount options of Linux's exfat.</summary>
internal sealed class ExFatOptions : ClusterOptions
{
    // They concern the system's time zone, which is UTC here, or have long had no effect.
    private static readonly string[] s_ignored = ["sys_tz", "zero_size_dir", "namecase", "codepage"];

    /// <summary>Takes the options that exfat knows.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    public ExFatOptions(OptionList options)
        : base(options)
    {
        KeepLastDots = options.TakeFlag("keep_last_dots");
        foreach (string name in s_ignored)
        {
            options.TryTake(name, out _);
        }
    }

    /// <summary><c>keep_last_dots</c>: dots at the end of a name count in a lookup.</summary>
    public bool KeepLastDots { get; }
}
