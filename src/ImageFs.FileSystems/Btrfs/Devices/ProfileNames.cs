using ImageFs.FileSystems.Btrfs.Items;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>What mkfs.btrfs calls profiles.</summary>
internal static class ProfileNames
{
    /// <summary>The name of the profile of a chunk.</summary>
    /// <param name="flags">Its type.</param>
    public static string Of(BlockGroupFlags flags) =>
        flags.HasFlag(BlockGroupFlags.Raid0) ? "raid0"
        : flags.HasFlag(BlockGroupFlags.Raid1) ? "raid1"
        : flags.HasFlag(BlockGroupFlags.Dup) ? "dup"
        : flags.HasFlag(BlockGroupFlags.Raid10) ? "raid10"
        : flags.HasFlag(BlockGroupFlags.Raid5) ? "raid5"
        : flags.HasFlag(BlockGroupFlags.Raid6) ? "raid6"
        : flags.HasFlag(BlockGroupFlags.Raid1C3) ? "raid1c3"
        : flags.HasFlag(BlockGroupFlags.Raid1C4) ? "raid1c4"
        : "single";
}
