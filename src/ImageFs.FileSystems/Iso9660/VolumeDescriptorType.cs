namespace ImageFs.FileSystems.Iso9660;

/// <summary>Volume Descriptor Type (ECMA-119 8.1.1).</summary>
internal enum VolumeDescriptorType : byte
{
    /// <summary>Boot record (8.2).</summary>
    BootRecord = 0,

    /// <summary>Primary volume descriptor (8.4).</summary>
    Primary = 1,

    /// <summary>Supplementary (8.5) or, with version 2, enhanced volume descriptor.</summary>
    Supplementary = 2,

    /// <summary>Volume partition descriptor (8.6).</summary>
    Partition = 3,

    /// <summary>Volume descriptor set terminator (8.3).</summary>
    Terminator = 255,
}
