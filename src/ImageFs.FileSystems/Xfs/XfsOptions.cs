using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs;

/// <summary>
/// The options of XFS (xfs(5)) that mean something to a reader. Those that only a writer could follow are taken, so that a line of
/// fstab can be used as it is.
/// </summary>
/// <param name="NoRecovery">Whether the log is left alone, so that the file system is seen as it was when the system stopped.</param>
/// <param name="LogDevice">The path of the device of the log, where that is not in the volume; null when none was given.</param>
/// <param name="RealTimeDevice">The path of the real-time device; null when none was given.</param>
internal sealed record XfsOptions(bool NoRecovery, string? LogDevice, string? RealTimeDevice)
{
    private static readonly string[] s_forWriters =
    [
        "allocsize", "attr2", "noattr2", "discard", "nodiscard", "filestreams", "gqnoenforce", "gquota", "grpid", "bsdgroups", "nogrpid",
        "grpquota", "ikeep", "noikeep", "inode32", "inode64", "largeio", "nolargeio", "lifetime", "nolifetime", "logbsize", "logbufs", "max_atomic_write",
        "max_open_zones", "noalign", "noquota", "nouuid", "pqnoenforce", "pquota", "prjquota", "qnoenforce", "quota", "sunit", "swalloc", "swidth",
        "sysvgroups", "uqnoenforce", "uquota", "usrquota", "wsync",
    ];

    /// <summary>Takes the options out of those of a mount.</summary>
    /// <exception cref="OptionException">One has a value that it cannot have.</exception>
    public static XfsOptions Take(OptionList options)
    {
        foreach (string name in s_forWriters)
        {
            options.TryTake(name, out _);
        }

        return new XfsOptions(options.TakeFlag("norecovery"), options.TakeValue("logdev"), options.TakeValue("rtdev"));
    }
}
