namespace ImageFs.Storage.Containers.Dmg;

/// <summary>What a chunk is (UDIF: mish block).</summary>
internal enum ChunkType : uint
{
    Zero = 0,
    Raw = 1,
    Ignore = 2,
    Adc = 0x80000004,
    Zlib = 0x80000005,
    Bzip2 = 0x80000006,
    Lzfse = 0x80000007,
    Xz = 0x80000008,
    Comment = 0x7FFFFFFE,
    Terminator = 0xFFFFFFFF,
}
