namespace ImageFs.FileSystems.Iso9660;

/// <summary>File Flags of a directory record (ECMA-119 9.1.6).</summary>
[Flags]
internal enum FileFlags : byte
{
    None = 0,

    /// <summary>Existence: its existence need not be made known to the user.</summary>
    Hidden = 0x01,

    /// <summary>It is a directory.</summary>
    Directory = 0x02,

    /// <summary>It is an associated file of the one with the same identifier.</summary>
    Associated = 0x04,

    /// <summary>Its extended attribute record gives its record format.</summary>
    Record = 0x08,

    /// <summary>Its extended attribute record gives owner and permissions.</summary>
    Protection = 0x10,

    /// <summary>It is not the last directory record of its file.</summary>
    MultiExtent = 0x80,
}
