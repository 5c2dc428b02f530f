namespace ImageFs.FileSystems.Iso9660;

/// <summary>Which of an image's directory trees is shown, and where its names come from.</summary>
internal enum Iso9660Tree
{
    /// <summary>The primary tree with its own identifiers.</summary>
    Plain,

    /// <summary>The supplementary tree of Joliet.</summary>
    Joliet,

    /// <summary>The primary tree with Rock Ridge's names and attributes where it has them.</summary>
    RockRidge,
}
