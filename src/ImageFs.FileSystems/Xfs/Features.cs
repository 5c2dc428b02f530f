using System.Globalization;
using System.Numerics;

namespace ImageFs.FileSystems.Xfs;

/// <summary>The flags of sb_versionnum: all features of the first years, and those of version 5 that are no choice there.</summary>
[Flags]
internal enum VersionFlags : ushort
{
    None = 0,
    Attributes = 0x10,
    WideLinkCounts = 0x20,
    Quota = 0x40,
    Aligned = 0x80,
    StripeAligned = 0x100,
    Shared = 0x200,
    LogVersion2 = 0x400,
    Sector = 0x800,
    UnwrittenExtents = 0x1000,
    Directories2 = 0x2000,

    /// <summary>Names are looked up without regard to the case of ASCII.</summary>
    CaseInsensitive = 0x4000,
    MoreBits = 0x8000,
}

/// <summary>sb_features2.</summary>
[Flags]
internal enum Features2 : uint
{
    None = 0,
    LazyCounters = 0x2,
    Attributes2 = 0x8,
    Parents = 0x10,
    ProjectId32 = 0x80,
    Checksums = 0x100,
    FileTypes = 0x200,
}

/// <summary>sb_features_ro_compat.</summary>
[Flags]
internal enum ReadOnlyCompatibleFeatures : uint
{
    None = 0,
    FreeInodeTree = 0x1,
    ReverseMap = 0x2,
    Reflink = 0x4,
    InodeTreeCounters = 0x8,
}

/// <summary>sb_features_incompat: who does not know one must not read.</summary>
[Flags]
internal enum IncompatibleFeatures : uint
{
    None = 0,
    FileTypes = 0x1,
    SparseInodes = 0x2,
    MetaUuid = 0x4,
    BigTime = 0x8,
    NeedsRepair = 0x10,
    ManyExtents = 0x20,
    ExchangeRange = 0x40,
    ParentPointers = 0x80,
    MetadataDirectory = 0x100,
    Zoned = 0x200,
    ZoneGaps = 0x400,
}

/// <summary>The names of features, as mkfs.xfs and xfs_info have them.</summary>
internal static class FeatureNames
{
    private static readonly string[] s_readOnlyCompatible = ["finobt", "rmapbt", "reflink", "inobtcount"];

    private static readonly string[] s_incompatible =
        ["ftype", "sparse", "meta_uuid", "bigtime", "needsrepair", "nrext64", "exchange", "parent", "metadir", "zoned", "zone_gaps"];

    /// <summary>The names of features that only a writer has to know.</summary>
    public static IEnumerable<string> Of(ReadOnlyCompatibleFeatures features) => Of((uint)features, s_readOnlyCompatible, "ro_compat");

    /// <summary>The names of features that a reader has to know.</summary>
    public static IEnumerable<string> Of(IncompatibleFeatures features) => Of((uint)features, s_incompatible, "incompat");

    private static IEnumerable<string> Of(uint bits, string[] names, string kind)
    {
        for (; bits != 0; bits &= bits - 1)
        {
            int bit = BitOperations.TrailingZeroCount(bits);
            yield return bit < names.Length ? names[bit] : string.Create(CultureInfo.InvariantCulture, $"{kind} 0x{1u << bit:X}");
        }
    }
}
