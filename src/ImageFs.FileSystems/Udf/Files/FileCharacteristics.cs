namespace ImageFs.FileSystems.Udf.Files;

/// <summary>File Characteristics of a file identifier descriptor (ECMA-167 4/14.4.3).</summary>
[Flags]
internal enum FileCharacteristics : byte
{
    None = 0,

    /// <summary>Existence: it need not be made known to the user.</summary>
    Hidden = 0x01,

    /// <summary>It is a directory's.</summary>
    Directory = 0x02,

    /// <summary>The file was deleted.</summary>
    Deleted = 0x04,

    /// <summary>It is the parent directory's, and has no name.</summary>
    Parent = 0x08,

    /// <summary>It is a metadata stream's.</summary>
    Metadata = 0x10,
}
