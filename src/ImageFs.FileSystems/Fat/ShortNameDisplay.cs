namespace ImageFs.FileSystems.Fat;

/// <summary>In which case short names are shown (<c>shortname=</c> of vfat).</summary>
internal enum ShortNameDisplay
{
    /// <summary>As the entry's flags say: <c>winnt</c> and <c>mixed</c>.</summary>
    ByFlags,

    /// <summary>In lower case: <c>lower</c>.</summary>
    LowerCase,

    /// <summary>As they are recorded, in upper case: <c>win95</c>.</summary>
    AsRecorded,
}
