using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>
/// The contents of a compressed file: extents, each in one physical cluster. Those that are not compressed lie in the volume as they are, and ends of
/// files in the packed inode.
/// </summary>
internal sealed class CompressedFile : PiecedSource
{
    /// <summary>The most bytes that a cluster is stored in (Z_EROFS_PCLUSTER_MAX_SIZE).</summary>
    public const int MaxCluster = 1 << 20;

    /// <summary>The most bytes of an extent, decoded (Z_EROFS_PCLUSTER_MAX_DSIZE).</summary>
    public const int MaxExtent = 12 << 20;

    private readonly ErofsVolume _volume;
    private readonly Inode _inode;
    private readonly ExtentLookup? _extents;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="ImageException">Its indexes are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public CompressedFile(ErofsVolume volume, in Inode inode)
        : base(volume.DecodedOf(in inode))
    {
        _volume = volume;
        _inode = inode;
        _extents = inode.Size == 0 ? null : ExtentLookup.Of(volume, in inode);
    }

    /// <inheritdoc/>
    public override long Length => _inode.Size;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        FileExtent extent = _extents!.Find(offset);
        long within = offset - extent.Start;
        long length = extent.End - offset;
        if (within < 0 || length <= 0)
        {
            throw _inode.Damaged($"the indexes of byte {offset} lead to the bytes from {extent.Start} to {extent.End}");
        }

        BlockSource source = extent.IsInline ? _volume.MetadataSource(_inode.IsInMetabox) : _volume.Data;
        return extent.Storage switch
        {
            ExtentStorage.Hole => Piece.Hole(length),
            ExtentStorage.Fragment => FindFragment(extent.Address, within, length),
            ExtentStorage.Shifted => Piece.OfBlock(source, extent.Address, within, length),
            ExtentStorage.Interlaced => FindInterlaced(source, in extent, within),
            _ => Piece.Encoded(source, extent.Address, extent.StoredLength, CodecOf(in extent), within, (int)extent.Length, length),
        };
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) => new(
        "physical cluster",
        block.Address,
        $"its {block.StoredLength} bytes are no stream of {block.Codec.Name} with the {block.Length} bytes from {block.Offset} of node {_inode.Node} in it");

    private Piece FindFragment(long address, long within, long length)
    {
        // That of the packed inode itself would be in itself.
        return _inode.Node != _volume.Geometry.PackedNode
            ? Piece.OfBlock(_volume.Packed, address, within, length)
            : throw _inode.Damaged("the end of the packed inode is said to be in the packed inode");
    }

    // What reaches to the end of a block of the file is the end of what is stored, and the rest its start.
    private Piece FindInterlaced(BlockSource source, in FileExtent extent, long within)
    {
        int block = _volume.Geometry.BlockSize;
        long first = Math.Min(block - (extent.Start % block), extent.StoredLength);
        return within < first
            ? Piece.OfBlock(source, extent.Address, extent.StoredLength - first + within, Math.Min(first, extent.Length) - within)
            : Piece.OfBlock(source, extent.Address, within - first, extent.Length - within);
    }

    private Codec CodecOf(in FileExtent extent)
    {
        if (extent.Length > MaxExtent)
        {
            throw new UnsupportedFeatureException($"EROFS with extents of {extent.Length} bytes (node {_inode.Node}, from {extent.Start} on)");
        }

        return extent.Compressor is >= (int)Compressor.Lz4 and <= (int)Compressor.Zstandard
            ? _volume.Compressors.IsAvailable((Compressor)extent.Compressor)
                ? _volume.Compressors.Codecs.Of((Compressor)extent.Compressor, extent.IsStart)
                : throw _inode.Damaged($"its extent at {extent.Start} is of compressor {extent.Compressor}, which the super block does not have")
            : throw new UnsupportedFeatureException($"EROFS with the compressor {extent.Compressor}");
    }
}
