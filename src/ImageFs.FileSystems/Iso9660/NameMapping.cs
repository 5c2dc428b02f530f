namespace ImageFs.FileSystems.Iso9660;

/// <summary>How names of the plain tree are shown (<c>map=</c>).</summary>
internal enum NameMapping
{
    /// <summary>In lower case, without version 1 and without a dot before it.</summary>
    Normal,

    /// <summary>As recorded.</summary>
    Off,

    /// <summary>As normal, with what Acorn's extensions add.</summary>
    Acorn,
}
