namespace ImageFs.FileSystems.Ext;

/// <summary>The features by the names that e2fsprogs gives them; one that it does not know is <c>FEATURE_I27</c> and the like.</summary>
internal static class FeatureNames
{
    private static readonly string?[] s_compatible =
    [
        "dir_prealloc", "imagic_inodes", "has_journal", "ext_attr", "resize_inode", "dir_index", "lazy_bg", "snapshot_inode",
        "snapshot_bitmap", "sparse_super2", "fast_commit", "stable_inodes", "orphan_file",
    ];

    private static readonly string?[] s_incompatible =
    [
        "compression", "filetype", "needs_recovery", "journal_dev", "meta_bg", null, "extent", "64bit",
        "mmp", "flex_bg", "ea_inode", null, "dirdata", "metadata_csum_seed", "large_dir", "inline_data",
        "encrypt", "casefold",
    ];

    private static readonly string?[] s_readOnlyCompatible =
    [
        "sparse_super", "large_file", null, "huge_file", "uninit_bg", "dir_nlink", "extra_isize", "snapshot",
        "quota", "bigalloc", "metadata_csum", "replica", "read-only", "project", "shared_blocks", "verity",
        "orphan_present",
    ];

    public static IEnumerable<string> Of(CompatibleFeatures features) => Of((uint)features, s_compatible, 'C');

    public static IEnumerable<string> Of(IncompatibleFeatures features) => Of((uint)features, s_incompatible, 'I');

    public static IEnumerable<string> Of(ReadOnlyCompatibleFeatures features) => Of((uint)features, s_readOnlyCompatible, 'R');

    private static IEnumerable<string> Of(uint features, string?[] names, char set)
    {
        for (int bit = 0; bit < 32; bit++)
        {
            if ((features & (1u << bit)) != 0)
            {
                yield return (bit < names.Length ? names[bit] : null) ?? $"FEATURE_{set}{bit}";
            }
        }
    }
}
