using ImageFs.FileSystems.Xfs.Log;

namespace ImageFs.FileSystems.Xfs;

/// <summary>A block of a directory that is put together of blocks of the volume, which may lie apart.</summary>
/// <param name="volume">The file system.</param>
internal struct PiecedBlock(XfsVolume volume)
{
    private bool _isInPieces;
    private bool _isReplayed;

    /// <summary>Where it begins in the volume, in bytes.</summary>
    public long Address { get; private set; }

    /// <summary>Reads a piece; the first one begins a block.</summary>
    /// <param name="piece">Which piece it is.</param>
    /// <param name="address">Where it is in the volume, in bytes.</param>
    /// <param name="block">Takes the pieces, each at its place.</param>
    /// <exception cref="Storage.ImageException">It cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(int piece, long address, Span<byte> block)
    {
        int size = volume.Geometry.BlockSize;
        if (piece == 0)
        {
            (Address, _isInPieces, _isReplayed) = (address, false, false);
        }

        _isInPieces |= address != Address + ((long)piece * size);
        _isReplayed |= volume.IsReplayed(address, size);
        volume.Source.ReadAt(address, block.Slice(piece * size, size));
    }

    /// <summary>Ends a block, all of whose pieces are there.</summary>
    /// <param name="block">The block.</param>
    public readonly void Finish(Span<byte> block)
    {
        // The log has each piece as a buffer of its own, with the checksum of the block as it was before the change.
        if (_isInPieces && _isReplayed)
        {
            MetadataHeader.Seal(block, volume.Geometry);
        }
    }
}
