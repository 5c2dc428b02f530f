namespace ImageFs.Storage.Containers.Dmg;

/// <summary>A run of the disk that is kept in one way. All values are bytes.</summary>
/// <param name="Type">In which.</param>
/// <param name="Offset">Where it begins on the disk.</param>
/// <param name="Length">Its bytes on the disk.</param>
/// <param name="Address">Where it begins in the file.</param>
/// <param name="StoredLength">Its bytes in the file.</param>
internal readonly record struct Chunk(ChunkType Type, long Offset, long Length, long Address, long StoredLength)
{
    /// <summary>First byte behind it, on the disk.</summary>
    public long End => Offset + Length;

    /// <summary>Whether its bytes are to be decoded.</summary>
    public bool IsEncoded => Type is ChunkType.Zlib or ChunkType.Bzip2 or ChunkType.Xz;
}
