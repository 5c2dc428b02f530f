namespace ImageFs.Storage.Decoding;

/// <summary>The codecs. A format names those that it has by objects of this list, or makes its own of them.</summary>
public static class Codecs
{
    /// <summary>Deflate without a header (RFC 1951).</summary>
    public static Codec Deflate { get; } = new InflateCodec("deflate", hasHeader: false);

    /// <summary>Deflate with zlib's header and checksum (RFC 1950).</summary>
    public static Codec Zlib { get; } = new InflateCodec("zlib", hasHeader: true);

    /// <summary>Frames of Zstandard (RFC 8878).</summary>
    public static Codec Zstandard { get; } = new LibraryCodec("zstd", Linux.Zstandard.Library, Linux.Zstandard.Decode);

    /// <summary>A stream of bzip2.</summary>
    public static Codec Bzip2 { get; } = new LibraryCodec("bzip2", Linux.Bzip2.Library, Linux.Bzip2.Decode);

    /// <summary>A stream of xz.</summary>
    public static Codec Xz { get; } = new LibraryCodec("xz", Linux.Xz.Library, Linux.Xz.Decode);

    /// <summary>LZO1X, as the kernel has it: without a header.</summary>
    public static Codec Lzo { get; } = new LzoCodec();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Codec> All { get; } = [Deflate, Zlib, Zstandard, Bzip2, Xz, Lzo];
}
