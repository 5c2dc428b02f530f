namespace ImageFs.FileSystems.Ext;

/// <summary>s_state (ext4: Super Block).</summary>
[Flags]
internal enum SuperBlockState : ushort
{
    None = 0,

    /// <summary>Cleanly unmounted.</summary>
    Clean = 1,

    /// <summary>Errors were found.</summary>
    Errors = 2,

    /// <summary>Orphans are being recovered.</summary>
    Orphans = 4,

    /// <summary>A fast commit is being replayed.</summary>
    FastCommitReplay = 0x20,
}
