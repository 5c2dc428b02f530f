namespace ImageFs.FileSystems.Fat;

/// <summary>How wide the entries of a file allocation table are.</summary>
internal enum EntryWidth
{
    /// <summary>12 bits: two entries in three bytes.</summary>
    Fat12 = 12,

    /// <summary>16 bits.</summary>
    Fat16 = 16,

    /// <summary>32 bits, of which the upper 4 are reserved.</summary>
    Fat32 = 32,

    /// <summary>32 bits, all of them.</summary>
    ExFat = 33,
}
