using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Contents;

/// <summary>Data in blocks that follow each other (EROFS_INODE_FLAT_PLAIN), and its end maybe behind the inode (EROFS_INODE_FLAT_INLINE).</summary>
internal sealed class FlatFile : PiecedSource
{
    private readonly BlockSource _data;
    private readonly BlockSource _metadata;
    private readonly long _start;
    private readonly long _inlineStart;
    private readonly long _inlineAddress;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="ImageException">The end of the data crosses the end of a block.</exception>
    public FlatFile(ErofsVolume volume, in Inode inode)
    {
        int block = volume.Geometry.BlockSize;
        Length = inode.Size;
        _data = volume.Data;
        _metadata = volume.MetadataSource(inode.IsInMetabox);
        _start = inode.StartBlock == Inode.NoBlock && inode.Layout == DataLayout.Plain ? -1 : volume.Geometry.AddressOf(inode.StartBlock);
        _inlineStart = long.MaxValue;
        if (inode.Layout == DataLayout.Inline && inode.Size > 0)
        {
            _inlineStart = (inode.Size - 1) / block * block;
            _inlineAddress = inode.BodyAddress;
            if ((_inlineAddress % block) + (inode.Size - _inlineStart) > block)
            {
                throw inode.Damaged($"{inode.Size - _inlineStart} bytes of data behind it cross the end of a block");
            }
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        if (offset >= _inlineStart)
        {
            return Piece.Mapped(_metadata, _inlineAddress + (offset - _inlineStart), Length - offset);
        }

        long length = Math.Min(_inlineStart, Length) - offset;
        return _start < 0 ? Piece.Hole(length)
            : _start < _data.Length - offset ? Piece.Mapped(_data, _start + offset, length)
            : throw new TruncatedImageException(Math.Max(_start, _data.Length), _data.Length);
    }
}
