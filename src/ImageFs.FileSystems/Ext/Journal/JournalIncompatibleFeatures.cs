namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>s_feature_incompat of a journal (ext4: Journal (jbd2), Super Block).</summary>
[Flags]
internal enum JournalIncompatibleFeatures : uint
{
    None = 0,
    Revoke = 0x1,
    Bits64 = 0x2,
    AsyncCommit = 0x4,
    ChecksumV2 = 0x8,
    ChecksumV3 = 0x10,
    FastCommit = 0x20,
}
