namespace ImageFs.FileSystems.Ext;

/// <summary>s_feature_compat: a reader and a writer may pass over those that they do not know (ext4: Super Block).</summary>
[Flags]
internal enum CompatibleFeatures : uint
{
    None = 0,
    DirPrealloc = 0x1,
    ImagicInodes = 0x2,
    HasJournal = 0x4,
    ExtAttr = 0x8,
    ResizeInode = 0x10,
    DirIndex = 0x20,
    LazyBg = 0x40,
    ExcludeInode = 0x80,
    ExcludeBitmap = 0x100,
    SparseSuper2 = 0x200,
    FastCommit = 0x400,
    StableInodes = 0x800,
    OrphanFile = 0x1000,
}
