namespace ImageFs.FileSystems.ExFat;

/// <summary>VolumeFlags of the boot sector (exFAT 3.1.13).</summary>
[Flags]
internal enum VolumeFlags : ushort
{
    None = 0,

    /// <summary>The second table and bitmap are the active ones.</summary>
    ActiveFat = 0x0001,

    /// <summary>The volume was not properly unmounted.</summary>
    VolumeDirty = 0x0002,

    /// <summary>The medium has had failures.</summary>
    MediaFailure = 0x0004,
}
