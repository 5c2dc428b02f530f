namespace ImageFs.FileSystems;

/// <summary>What there is of a file system behind its mark.</summary>
public enum Evidence
{
    /// <summary>The mark alone: what it leads to cannot be looked at, or nobody knows how.</summary>
    Mark,

    /// <summary>The mark, and in the place of what it leads to is something else, which was written later.</summary>
    Overwritten,

    /// <summary>The structures that it leads to: they agree, as far as its root directory, and have the checksums that they should.</summary>
    Structures,
}
