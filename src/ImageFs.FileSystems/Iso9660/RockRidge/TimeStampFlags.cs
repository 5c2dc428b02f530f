namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>Flags of a TF entry: which time stamps are there, in this order (RRIP 4.1.6).</summary>
[Flags]
internal enum TimeStampFlags : byte
{
    None = 0,

    /// <summary>Creation time.</summary>
    Creation = 0x01,

    /// <summary>Modification time: st_mtime.</summary>
    Modify = 0x02,

    /// <summary>Last access time: st_atime.</summary>
    Access = 0x04,

    /// <summary>Last attribute change time: st_ctime.</summary>
    Attributes = 0x08,

    /// <summary>Last backup time.</summary>
    Backup = 0x10,

    /// <summary>Expiration time.</summary>
    Expiration = 0x20,

    /// <summary>Effective time.</summary>
    Effective = 0x40,

    /// <summary>The stamps have 17 bytes each, not 7.</summary>
    LongForm = 0x80,
}
