namespace ImageFs.Tree;

/// <summary>Which bytes two files that are not hard links of each other may share.</summary>
public enum SharedBytes
{
    /// <summary>None: what is in two files is damage.</summary>
    None,

    /// <summary>Whole extents: of formats where a second name is a second record of the same place.</summary>
    Extents,

    /// <summary>Whole extents, and a whole one that is a part of another: of media that are written once, as a whole.</summary>
    Parts,

    /// <summary>Any.</summary>
    Any,
}
