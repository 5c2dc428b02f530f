namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>Flags of an NM entry (RRIP 4.1.4).</summary>
[Flags]
internal enum AlternateNameFlags : byte
{
    None = 0,

    /// <summary>The name goes on in the next NM entry.</summary>
    Continue = 0x01,

    /// <summary>The name is that of the directory itself.</summary>
    Current = 0x02,

    /// <summary>The name is that of the parent directory.</summary>
    Parent = 0x04,
}
