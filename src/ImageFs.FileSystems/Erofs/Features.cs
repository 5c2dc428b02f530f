namespace ImageFs.FileSystems.Erofs;

/// <summary>feature_compat: features that a reader who does not know them may pass over (EROFS_FEATURE_COMPAT_*).</summary>
[Flags]
internal enum CompatibleFeatures : uint
{
    SuperBlockChecksum = 0x1,
    ModifyTimes = 0x2,
    AttributeFilter = 0x4,
    SharedAttributesInMetabox = 0x8,
    PlainAttributePrefixes = 0x10,
    SharedInodes = 0x20,
}

/// <summary>
/// feature_incompat: features that a reader has to know (EROFS_FEATURE_INCOMPAT_*). Some bits stand for two things that came together.
/// </summary>
[Flags]
internal enum IncompatibleFeatures : uint
{
    ZeroPadding = 0x1,

    /// <summary>Settings of compressors follow the super block, and clusters may have several blocks.</summary>
    CompressorSettings = 0x2,

    ChunkedFiles = 0x4,

    /// <summary>There is a table of devices, and a second compressor in files.</summary>
    DeviceTable = 0x8,

    TailPacking = 0x10,

    /// <summary>Ends of files lie in the packed inode, and data is shared.</summary>
    Fragments = 0x20,

    AttributePrefixes = 0x40,
    Blocks48 = 0x80,
    Metabox = 0x100,
}

/// <summary>What is known of the features.</summary>
internal static class Features
{
    private const IncompatibleFeatures Known = IncompatibleFeatures.ZeroPadding | IncompatibleFeatures.CompressorSettings | IncompatibleFeatures.ChunkedFiles
        | IncompatibleFeatures.DeviceTable | IncompatibleFeatures.TailPacking | IncompatibleFeatures.Fragments | IncompatibleFeatures.AttributePrefixes
        | IncompatibleFeatures.Blocks48 | IncompatibleFeatures.Metabox;

    private static readonly (Enum Bit, string Name)[] s_names =
    [
        (CompatibleFeatures.SuperBlockChecksum, "sb_csum"),
        (CompatibleFeatures.ModifyTimes, "mtime"),
        (CompatibleFeatures.AttributeFilter, "xattr_filter"),
        (CompatibleFeatures.SharedAttributesInMetabox, "shared_ea_in_metabox"),
        (CompatibleFeatures.PlainAttributePrefixes, "plain_xattr_pfx"),
        (CompatibleFeatures.SharedInodes, "ishare_xattrs"),
        (IncompatibleFeatures.ZeroPadding, "0padding"),
        (IncompatibleFeatures.CompressorSettings, "big_pcluster"),
        (IncompatibleFeatures.ChunkedFiles, "chunked_file"),
        (IncompatibleFeatures.DeviceTable, "device_table"),
        (IncompatibleFeatures.TailPacking, "ztailpacking"),
        (IncompatibleFeatures.Fragments, "fragments"),
        (IncompatibleFeatures.AttributePrefixes, "xattr_prefixes"),
        (IncompatibleFeatures.Blocks48, "48bit"),
        (IncompatibleFeatures.Metabox, "metabox"),
    ];

    /// <summary>The features that are not known, as people and bug reports name them; null when all are.</summary>
    public static string? FindUnknown(IncompatibleFeatures features) =>
        (features & ~Known) is not 0 and var unknown ? $"EROFS with the incompatible features 0x{(uint)unknown:X}" : null;

    /// <summary>The names that dump.erofs and Linux have for features.</summary>
    public static string Name(CompatibleFeatures compatible, IncompatibleFeatures incompatible) => string.Join(
        ", ",
        s_names.Where(feature => feature.Bit is CompatibleFeatures bit ? compatible.HasFlag(bit) : incompatible.HasFlag((IncompatibleFeatures)feature.Bit))
            .Select(feature => feature.Name));
}
