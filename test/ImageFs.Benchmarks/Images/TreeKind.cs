namespace ImageFs.Benchmarks.Images;

/// <summary>What an image holds.</summary>
internal enum TreeKind
{
    /// <summary>The .NET SDK, /usr/share/doc, and <see cref="ImageCatalog.BigFile"/>.</summary>
    Main,

    /// <summary>20,000 small files.</summary>
    Files,

    /// <summary>A directory of 100 names and one of 100,000.</summary>
    Names,

    /// <summary><see cref="ImageCatalog.BigFile"/> alone, of text: what is compressed is worth it.</summary>
    Text,
}
