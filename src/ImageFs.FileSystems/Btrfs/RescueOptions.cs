using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>The ways of <c>rescue=</c> (btrfs(5)): what of a damaged file system is passed over.</summary>
internal sealed record RescueOptions
{
    /// <summary>Whether the log trees are left alone, so that files are seen as they were when the last transaction ended.</summary>
    public bool LeavesLog { get; private init; }

    /// <summary>Whether an older root tree is taken where the newest cannot be read.</summary>
    public bool UsesBackupRoots { get; private init; }

    /// <summary>Whether trees that files do not need may be damaged: those of extents, block groups and checksums.</summary>
    public bool IgnoresBadRoots { get; private init; }

    /// <summary>Whether data is not held against its checksums.</summary>
    public bool IgnoresDataChecksums { get; private init; }

    /// <summary>Whether a node may be read whose checksum is wrong, when it is right in all else and no copy is better.</summary>
    public bool IgnoresMetadataChecksums { get; private init; }

    /// <summary>Whether flags of the super block may be unknown.</summary>
    public bool IgnoresSuperFlags { get; private init; }

    /// <summary>Takes them: several by one option, with colons between, or each by its own; the older names of some, too.</summary>
    /// <exception cref="OptionException">There is no such way.</exception>
    public static RescueOptions Take(OptionList options)
    {
        var rescue = new RescueOptions
        {
            // All words are taken, whichever counts.
            LeavesLog = options.TakeFlag("nologreplay") | options.TakeFlag("norecovery"),
            UsesBackupRoots = options.TakeFlag("usebackuproot") | options.TakeFlag("recovery"),
        };
        return options.TakeValues("rescue").SelectMany(ways => ways.Split(':')).Aggregate(rescue, With);
    }

    private static RescueOptions With(RescueOptions rescue, string way) => way switch
    {
        "nologreplay" => rescue with { LeavesLog = true },
        "usebackuproot" => rescue with { UsesBackupRoots = true },
        "ignorebadroots" or "ibadroots" => rescue with { IgnoresBadRoots = true },
        "ignoredatacsums" or "idatacsums" => rescue with { IgnoresDataChecksums = true },
        "ignoremetacsums" or "imetacsums" => rescue with { IgnoresMetadataChecksums = true },
        "ignoresuperflags" or "isuperflags" => rescue with { IgnoresSuperFlags = true },

        // As Linux has it, all but older root trees.
        "all" => rescue with { LeavesLog = true, IgnoresBadRoots = true, IgnoresDataChecksums = true, IgnoresMetadataChecksums = true, IgnoresSuperFlags = true },
        _ => throw new OptionException(
            $"rescue={way}", "must be usebackuproot, nologreplay, ignorebadroots, ignoredatacsums, ignoremetacsums, ignoresuperflags or all"),
    };
}
