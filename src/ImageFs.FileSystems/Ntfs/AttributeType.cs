namespace ImageFs.FileSystems.Ntfs;

/// <summary>The types of attributes (linux-ntfs, Attributes; [MS-FSCC] 2.4.1).</summary>
internal enum AttributeType : uint
{
    StandardInformation = 0x10,
    AttributeList = 0x20,
    FileName = 0x30,
    ObjectId = 0x40,
    SecurityDescriptor = 0x50,
    VolumeName = 0x60,
    VolumeInformation = 0x70,
    Data = 0x80,
    IndexRoot = 0x90,
    IndexAllocation = 0xA0,
    Bitmap = 0xB0,
    ReparsePoint = 0xC0,
    ExtendedAttributeInformation = 0xD0,
    ExtendedAttributes = 0xE0,
    LoggedUtilityStream = 0x100,
    End = 0xFFFF_FFFF,
}

/// <summary>Flags of an attribute.</summary>
[Flags]
internal enum AttributeFlags : ushort
{
    None = 0,

    /// <summary>Its contents are compressed (LZNT1).</summary>
    Compressed = 0x0001,

    /// <summary>Bits of the way of compression.</summary>
    CompressionMask = 0x00FF,

    /// <summary>Its contents are encrypted (EFS).</summary>
    Encrypted = 0x4000,

    /// <summary>It has holes.</summary>
    Sparse = 0x8000,
}

/// <summary>The attributes of a file as Windows has them ([MS-FSCC] 2.6).</summary>
[Flags]
internal enum FileAttributes : uint
{
    None = 0,
    ReadOnly = 0x0001,
    Hidden = 0x0002,
    System = 0x0004,
    Archive = 0x0020,
    Sparse = 0x0200,
    ReparsePoint = 0x0400,
    Compressed = 0x0800,
    Offline = 0x1000,
    Encrypted = 0x4000,

    /// <summary>Its contents come from elsewhere when it is opened.</summary>
    RecallOnOpen = 0x0004_0000,

    /// <summary>Its contents come from elsewhere when they are read.</summary>
    RecallOnDataAccess = 0x0040_0000,

    /// <summary>In a $FILE_NAME: it is a directory (linux-ntfs, $FILE_NAME).</summary>
    Directory = 0x1000_0000,
}
