using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Subvolumes;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>What to say about a file system to people.</summary>
internal static class BtrfsDescription
{
    // The names that sysfs and btrfs-progs give features, by their bits.
    private static readonly string?[] s_incompatible =
    [
        "mixed_backref", "default_subvol", "mixed_groups", "compress_lzo", "compress_zstd", "big_metadata", "extended_iref", "raid56",
        "skinny_metadata", "no_holes", "metadata_uuid", "raid1c34", "zoned", "extent_tree_v2", "raid_stripe_tree", null, "simple_quota",
    ];

    private static readonly string?[] s_readOnlyCompatible = ["free_space_tree", "free_space_tree_valid", "verity", "block_group_tree"];

    public static ImageDescription Make(BtrfsVolume volume)
    {
        SuperBlock super = volume.Devices.Super;
        IEnumerable<string> features = [.. NamesOf((ulong)super.Incompatible, s_incompatible), .. NamesOf((ulong)super.ReadOnlyCompatible, s_readOnlyCompatible)];
        ImageDescription description = new ImageDescription("btrfs")
            .With("label", ByteText.FromBytes(super.Label))
            .With("uuid", UuidText.Of(super.FileSystemId))
            .With("metadata-uuid", super.MetadataId == super.FileSystemId ? null : UuidText.Of(super.MetadataId))
            .With("size", (long)super.TotalBytes)
            .With("used", unchecked((long)super.BytesUsed))
            .With("node-size", (long)super.NodeSize)
            .With("sector-size", (long)super.SectorSize)
            .With("checksum", volume.Geometry.Checksum.Name)
            .With("generation", unchecked((long)super.Generation))
            .With("features", string.Join(' ', features))
            .With("devices", (long)volume.Devices.Devices.Count)
            .With("missing-devices", volume.Devices.Devices.Count(device => device.Source is null) is > 0 and int missing ? (long)missing : null)
            .With("seeding", super.Flags.HasFlag(SuperBlockFlags.Seeding) ? true : null);
        description.Children.AddRange(new SubvolumeList(volume.RootTree, volume.Subvolumes).Describe(volume.Shown.Id, volume.DefaultSubvolume));
        return description;
    }

    private static IEnumerable<string> NamesOf(ulong features, string?[] names) =>
        Enumerable.Range(0, 64).Where(bit => (features >> bit & 1) != 0).Select(bit => bit < names.Length && names[bit] is { } name ? name : $"feature_{bit}");
}
