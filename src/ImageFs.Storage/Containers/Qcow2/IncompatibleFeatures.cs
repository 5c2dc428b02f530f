namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>incompatible_features: a reader must know every one of them (qcow2: Header).</summary>
[Flags]
internal enum IncompatibleFeatures : ulong
{
    None = 0,

    /// <summary>Reference counts may be wrong: nothing to a reader.</summary>
    Dirty = 0x1,

    /// <summary>Some table is damaged.</summary>
    Corrupt = 0x2,

    /// <summary>Clusters lie in another file.</summary>
    ExternalDataFile = 0x4,

    /// <summary>The header has a compression type other than zlib.</summary>
    CompressionType = 0x8,

    /// <summary>L2 entries have 16 bytes, with a bitmap of 32 subclusters.</summary>
    ExtendedL2 = 0x10,

    /// <summary>Those that are read.</summary>
    Known = Dirty | Corrupt | ExternalDataFile | CompressionType | ExtendedL2,
}
