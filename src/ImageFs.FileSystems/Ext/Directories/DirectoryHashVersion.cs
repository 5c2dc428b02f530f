namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>hash_version of a hash tree (ext4: Hash Tree Directories). 6, SipHash, needs the key of an encrypted directory.</summary>
internal enum DirectoryHashVersion : byte
{
    Legacy = 0,
    HalfMd4 = 1,
    Tea = 2,
    LegacyUnsigned = 3,
    HalfMd4Unsigned = 4,
    TeaUnsigned = 5,
}
