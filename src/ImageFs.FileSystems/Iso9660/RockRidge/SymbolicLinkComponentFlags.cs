namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>Flags of a component record of a symbolic link (RRIP 4.1.3.1).</summary>
[Flags]
internal enum SymbolicLinkComponentFlags : byte
{
    None = 0,

    /// <summary>The component goes on in the next component record.</summary>
    Continue = 0x01,

    /// <summary>The component is <c>.</c>.</summary>
    Current = 0x02,

    /// <summary>The component is <c>..</c>.</summary>
    Parent = 0x04,

    /// <summary>The component is the root directory.</summary>
    Root = 0x08,
}
