namespace ImageFs.FileSystems.Clusters;

/// <summary>Attributes of a directory entry (fatgen103 6.2, exFAT 7.4.4).</summary>
[Flags]
internal enum EntryAttributes : byte
{
    None = 0,

    /// <summary>Writing is not allowed.</summary>
    ReadOnly = 0x01,

    /// <summary>Not to be listed.</summary>
    Hidden = 0x02,

    /// <summary>Of the operating system.</summary>
    System = 0x04,

    /// <summary>The entry is the volume's label.</summary>
    VolumeLabel = 0x08,

    /// <summary>It is a directory.</summary>
    Directory = 0x10,

    /// <summary>It was changed since the last backup.</summary>
    Archive = 0x20,

    /// <summary>All of them, and nothing else: the entry is a part of a long name (fatgen103 7).</summary>
    LongName = ReadOnly | Hidden | System | VolumeLabel,
}
