namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>How the bytes of an extent are stored.</summary>
internal enum ExtentStorage
{
    /// <summary>Nowhere: they are zeros.</summary>
    Hole,

    /// <summary>Compressed, in one cluster.</summary>
    Compressed,

    /// <summary>As they are.</summary>
    Shifted,

    /// <summary>As they are, and each in its block where it would be in the file: those that fill up a block of the file come last.</summary>
    Interlaced,

    /// <summary>In the packed inode.</summary>
    Fragment,
}

/// <summary>A run of bytes of a compressed file, which are stored together.</summary>
/// <param name="Start">Where they begin in the file.</param>
/// <param name="End">Where they end.</param>
/// <param name="Storage">How they are stored.</param>
internal readonly record struct FileExtent(long Start, long End, ExtentStorage Storage)
{
    /// <summary>Bytes.</summary>
    public long Length => End - Start;

    /// <summary>Where they are stored; of a fragment, in the packed inode.</summary>
    public long Address { get; init; }

    /// <summary>The bytes that they are stored in.</summary>
    public int StoredLength { get; init; }

    /// <summary>What compressed them.</summary>
    public int Compressor { get; init; }

    /// <summary>Whether they are only the start of what the cluster holds.</summary>
    public bool IsStart { get; init; }

    /// <summary>Whether they lie among metadata.</summary>
    public bool IsInline { get; init; }
}
