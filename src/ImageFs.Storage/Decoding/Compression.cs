namespace ImageFs.Storage.Decoding;

/// <summary>How a block is compressed.</summary>
public enum Compression
{
    /// <summary>Deflate without a header (RFC 1951).</summary>
    Deflate,

    /// <summary>Deflate with zlib's header and checksum (RFC 1950).</summary>
    Zlib,

    /// <summary>Frames of Zstandard (RFC 8878), by libzstd.</summary>
    Zstandard,

    /// <summary>A stream of bzip2, by libbz2.</summary>
    Bzip2,

    /// <summary>A stream of xz, by liblzma.</summary>
    Xz,
}
