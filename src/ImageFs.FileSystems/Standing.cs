namespace ImageFs.FileSystems;

/// <summary>
/// What decides between several things that a volume may be, the first of these that one has. Who writes an ISO 9660 or UDF file system to
/// a disk writes its first 32 KiB too, the system area (ECMA-119 6.2.1): what is whole there is newer.
/// </summary>
internal enum Standing
{
    /// <summary>FAT, exFAT, ext: a boot sector or super block in the system area, with the structures that it leads to.</summary>
    InSystemArea,

    /// <summary>A mark in the system area of something that is not read.</summary>
    MarkInSystemArea,

    /// <summary>ISO 9660, UDF: descriptors behind the system area, with the structures that they lead to.</summary>
    BehindSystemArea,

    /// <summary>A mark of a file system that is not read, elsewhere.</summary>
    Mark,

    /// <summary>A mark whose structures were written over.</summary>
    Overwritten,

    /// <summary>What files have and not volumes, or what a few bytes may say by chance.</summary>
    Weak,
}
