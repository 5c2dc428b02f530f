namespace ImageFs.Storage.Decoding;

/// <summary>The codecs. A format names those that it has by objects of this list, or makes its own of them.</summary>
public static class Codecs
{
    /// <summary>Deflate without a header (RFC 1951).</summary>
    public static Codec Deflate { get; } = new InflateCodec("deflate", Linux.DeflateWrapping.None);

    /// <summary>Deflate with zlib's header and checksum (RFC 1950).</summary>
    public static Codec Zlib { get; } = new InflateCodec("zlib", Linux.DeflateWrapping.Zlib);

    /// <summary>A member of a gzip file (RFC 1952).</summary>
    public static Codec Gzip { get; } = new InflateCodec("gzip", Linux.DeflateWrapping.Gzip);

    /// <summary>Frames of Zstandard (RFC 8878).</summary>
    public static Codec Zstandard { get; } = new LibraryCodec("zstd", Linux.Zstandard.Library, Linux.Zstandard.Decode, Linux.Zstandard.DecodeStart);

    /// <summary>A stream of bzip2.</summary>
    public static Codec Bzip2 { get; } = new LibraryCodec("bzip2", Linux.Bzip2.Library, Linux.Bzip2.Decode);

    /// <summary>A stream of xz.</summary>
    public static Codec Xz { get; } = new LibraryCodec("xz", Linux.Xz.Library, Linux.Xz.Decode);

    /// <summary>A stream of LZMA by itself, as .lzma files have it: 13 bytes of header, no checksum.</summary>
    public static Codec Lzma { get; } = new LibraryCodec("lzma", Linux.Xz.Library, Linux.Xz.DecodeAlone);

    /// <summary>MicroLZMA, as EROFS has it: without a header and an end. A block holds what is asked for.</summary>
    public static Codec MicroLzma { get; } = new LibraryCodec(
        "microlzma",
        Linux.Xz.Library,
        static (encoded, destination) => Linux.Xz.DecodeMicro(encoded, destination, isWhole: true),
        static (encoded, destination) => Linux.Xz.DecodeMicro(encoded, destination, isWhole: false));

    /// <summary>A block of LZ4, which has neither a frame nor a checksum. It ends where its bytes do.</summary>
    public static Codec Lz4 { get; } = new LibraryCodec("lz4", Linux.Lz4.Library, Linux.Lz4.Decode, Linux.Lz4.DecodeStart);

    /// <summary>LZO1X, as the kernel has it: without a header.</summary>
    public static Codec Lzo { get; } = new LzoCodec();

    /// <summary>LZNT1, as NTFS compresses files ([MS-XCA] 2.5). A stream may hold less than is asked for: the rest is zeros.</summary>
    public static Codec Lznt1 { get; } = new Lznt1Codec();

    /// <summary>Xpress with Huffman codes, in blocks of at most 64 KiB ([MS-XCA] 2.2).</summary>
    public static Codec Xpress { get; } = new XpressHuffmanCodec();

    /// <summary>LZX with a window of 32 KiB, as in WIM: blocks of at most 32 KiB.</summary>
    public static Codec Lzx { get; } = new LzxCodec();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Codec> All { get; } = [Deflate, Zlib, Gzip, Zstandard, Bzip2, Xz, Lzma, MicroLzma, Lz4, Lzo, Lznt1, Xpress, Lzx];
}
