namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>h_blocktype (ext4: Journal (jbd2), Block Header).</summary>
internal enum JournalBlockType : uint
{
    Descriptor = 1,
    Commit = 2,
    SuperBlockV1 = 3,
    SuperBlockV2 = 4,
    Revoke = 5,
}
