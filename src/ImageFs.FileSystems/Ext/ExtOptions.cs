using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>
/// The options of ext4 (ext4(5)) that mean something to a reader. Those that only a writer could follow are taken, so that a line of
/// fstab can be used as it is.
/// </summary>
/// <param name="NoLoad">Whether the journal is left alone, so that the file system is seen as it was when the system stopped.</param>
/// <param name="UserAttributes">Whether extended attributes of users are shown.</param>
/// <param name="AccessControlLists">Whether access control lists are shown.</param>
/// <param name="MinixDf">Whether statfs(2) counts the blocks of metadata too.</param>
internal sealed record ExtOptions(bool NoLoad, bool UserAttributes, bool AccessControlLists, bool MinixDf)
{
    private const int SuperBlockUnit = 1024;

    private static readonly string[] s_forWriters =
    [
        "abort", "auto_da_alloc", "barrier", "block_validity", "bsdgroups", "commit", "data", "data_err", "debug", "delalloc",
        "dioread_lock", "dioread_nolock", "discard", "errors", "grpid", "grpjquota", "grpquota", "i_version", "init_itable",
        "inlinecrypt", "inode_readahead_blks", "journal_async_commit", "journal_checksum", "journal_ioprio", "jqfmt", "max_batch_time",
        "max_dir_size_kb", "min_batch_time", "noauto_da_alloc", "nobarrier", "noblock_validity", "nodelalloc", "nodiscard",
        "nogrpid", "noinit_itable", "nojournal_checksum", "nombcache", "no_mbcache", "noquota", "prefetch_block_bitmaps",
        "no_prefetch_block_bitmaps", "prjquota", "quota", "resgid", "resuid", "stripe", "sysvgroups", "usrjquota", "usrquota",
        "warn_on_error", "nowarn_on_error",
    ];

    /// <summary><c>sb=</c>, which is in KiB: where the super block is that counts, with the group descriptors after it; in bytes.</summary>
    public long SuperBlockAddress { get; private init; }

    /// <summary>Takes the options out of those of a mount.</summary>
    /// <exception cref="OptionException">One has a value that it cannot have.</exception>
    public static ExtOptions Take(OptionList options)
    {
        foreach (string name in s_forWriters)
        {
            options.TryTake(name, out _);
        }

        // Both words are taken, whichever counts.
        bool isJournalSkipped = options.TakeFlag("noload") | options.TakeFlag("norecovery");
        return new ExtOptions(
            isJournalSkipped,
            TakeSwitch(options, "user_xattr", "nouser_xattr"),
            TakeSwitch(options, "acl", "noacl"),
            !TakeSwitch(options, "bsddf", "minixdf"))
        {
            SuperBlockAddress = options.TakeNumber("sb") is { } block ? block * (long)SuperBlockUnit : SuperBlock.Address,
        };
    }

    private static bool TakeSwitch(OptionList options, string on, string off)
    {
        bool isOn = !options.TakeFlag(off);
        return options.TakeFlag(on) || isOn;
    }
}
