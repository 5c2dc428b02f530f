namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>The compressors (Z_EROFS_COMPRESSION_*), by their numbers.</summary>
internal enum Compressor
{
    Lz4 = 0,
    Lzma = 1,
    Deflate = 2,
    Zstandard = 3,
}
