namespace ImageFs.FileSystems.Ext;

/// <summary>s_feature_incompat: a reader must know every one of them (ext4: Super Block).</summary>
[Flags]
internal enum IncompatibleFeatures : uint
{
    None = 0,
    Compression = 0x1,
    FileType = 0x2,
    Recover = 0x4,
    JournalDevice = 0x8,
    MetaBg = 0x10,
    Extents = 0x40,
    Bits64 = 0x80,
    MultipleMountProtection = 0x100,
    FlexBg = 0x200,
    EaInode = 0x400,
    DirData = 0x1000,
    ChecksumSeed = 0x2000,
    LargeDir = 0x4000,
    InlineData = 0x8000,
    Encrypt = 0x10000,
    CaseFold = 0x20000,
}
