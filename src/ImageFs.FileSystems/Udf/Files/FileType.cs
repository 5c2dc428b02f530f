namespace ImageFs.FileSystems.Udf.Files;

/// <summary>File Type of an ICB tag (ECMA-167 4/14.6.6, UDF 2.3.5.2).</summary>
internal enum FileType : byte
{
    Unspecified = 0,
    Directory = 4,
    Regular = 5,
    BlockDevice = 6,
    CharacterDevice = 7,
    ExtendedAttributes = 8,
    Fifo = 9,
    Socket = 10,
    SymbolicLink = 12,
    StreamDirectory = 13,
    VirtualAllocationTable = 248,
    RealTime = 249,
    Metadata = 250,
    MetadataMirror = 251,
    MetadataBitmap = 252,
}
