namespace ImageFs.FileSystems.Ext;

/// <summary>s_flags (ext4: Super Block).</summary>
[Flags]
internal enum SuperBlockFlags : uint
{
    None = 0,

    /// <summary>Names are hashed as signed characters.</summary>
    SignedHash = 1,

    /// <summary>Names are hashed as unsigned characters.</summary>
    UnsignedHash = 2,

    /// <summary>To test development code.</summary>
    TestFileSystem = 4,
}
