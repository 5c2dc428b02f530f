using System.Globalization;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>
/// The options of Btrfs (btrfs(5)) that mean something to a reader. Those that only a writer could follow are taken, so that a line of fstab
/// can be used as it is.
/// </summary>
/// <param name="AccessControlLists">Whether access control lists are shown.</param>
/// <param name="SubvolumePath">The path of the subvolume that is shown, from the one at the top; null where it is not given.</param>
/// <param name="SubvolumeId">Its number; null where it is not given.</param>
internal sealed record BtrfsOptions(bool AccessControlLists, string? SubvolumePath, ulong? SubvolumeId)
{
    private static readonly string[] s_forWriters =
    [
        "autodefrag", "noautodefrag", "barrier", "nobarrier", "check_int", "check_int_data", "check_int_print_mask", "clear_cache", "commit",
        "compress", "compress-force", "datacow", "nodatacow", "datasum", "nodatasum", "discard", "nodiscard", "enospc_debug", "noenospc_debug",
        "fatal_errors", "flushoncommit", "noflushoncommit", "inode_cache", "noinode_cache", "max_inline", "metadata_ratio", "ref_verify",
        "rescan_uuid_tree", "skip_balance", "space_cache", "nospace_cache", "ssd", "nossd", "ssd_spread", "nossd_spread", "subvolrootid",
        "thread_pool", "treelog", "notreelog", "user_subvol_rm_allowed",
    ];

    /// <summary>Takes the options out of those of a mount.</summary>
    /// <exception cref="OptionException">One has a value that it cannot have.</exception>
    public static BtrfsOptions Take(OptionList options)
    {
        foreach (string name in s_forWriters)
        {
            options.TryTake(name, out _);
        }

        // All words are taken, whichever counts.
        bool acl = !options.TakeFlag("noacl");
        return new BtrfsOptions(options.TakeFlag("acl") || acl, options.TakeValue("subvol"), TakeId(options));
    }

    private static ulong? TakeId(OptionList options)
    {
        if (options.TakeValue("subvolid") is not { } text)
        {
            return null;
        }

        bool isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return ulong.TryParse(isHex ? text[2..] : text, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out ulong id)
            ? id
            : throw new OptionException($"subvolid={text}", "must be the number of a subvolume");
    }
}
