using System.Buffers.Binary;
using ImageFs.FileSystems.Erofs.Devices;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Contents;

/// <summary>
/// Data in chunks, each of them anywhere (EROFS_INODE_CHUNK_BASED): the table is of blocks (4 bytes), or of blocks and devices
/// (erofs_inode_chunk_index, 8 bytes).
/// </summary>
internal sealed class ChunkedFile : PiecedSource
{
    private const int BitsMask = 0x1F;
    private const int HasIndexes = 0x20;
    private const int Has48Bits = 0x40;
    private const int KnownFormat = BitsMask | HasIndexes | Has48Bits;
    private const int BlockEntrySize = 4;
    private const int IndexEntrySize = 8;
    private const ulong Low32 = uint.MaxValue;
    private const ulong Low48 = (1ul << 48) - 1;

    private readonly ErofsVolume _volume;
    private readonly Inode _inode;
    private readonly int _chunkBits;
    private readonly int _entrySize;
    private readonly ulong _blockMask;
    private readonly long _table;
    private readonly int _deviceMask;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="ImageException">The format of the chunks is not read.</exception>
    public ChunkedFile(ErofsVolume volume, in Inode inode)
    {
        int format = (int)(inode.Data & ushort.MaxValue);
        if ((format & ~KnownFormat) != 0)
        {
            throw new UnsupportedFeatureException($"EROFS chunks of the format 0x{format:X}", "erofs_inode_chunk_info");
        }

        _volume = volume;
        _inode = inode;
        _chunkBits = volume.Geometry.BlockBits + (format & BitsMask);
        _entrySize = (format & HasIndexes) != 0 ? IndexEntrySize : BlockEntrySize;
        _blockMask = (format & Has48Bits) != 0 && _entrySize == IndexEntrySize ? Low48 : Low32;
        _table = Geometry.Align(inode.BodyAddress, _entrySize);
        _deviceMask = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)volume.Devices.Count + 1) - 1;
    }

    /// <inheritdoc/>
    public override long Length => _inode.Size;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long chunk = offset >> _chunkBits;
        long start = offset - (chunk << _chunkBits);
        long length = Math.Min((1L << _chunkBits) - start, Length - offset);
        BlockCache metadata = _volume.Metadata(_inode.IsInMetabox);
        if (chunk > (metadata.Length - _table) / _entrySize)
        {
            throw new TruncatedImageException(metadata.Length, metadata.Length);
        }

        Span<byte> entry = stackalloc byte[IndexEntrySize];
        metadata.ReadAt(_table + (chunk * _entrySize), entry[.._entrySize]);
        ulong block = _entrySize == BlockEntrySize
            ? BinaryPrimitives.ReadUInt32LittleEndian(entry)
            : (BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) | ((ulong)BinaryPrimitives.ReadUInt16LittleEndian(entry) << 32)) & _blockMask;
        if (block == _blockMask)
        {
            return Piece.Hole(length);
        }

        int device = _entrySize == BlockEntrySize ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]) & _deviceMask;
        return Piece.OfBlock(FindDevice(device, chunk), _volume.Geometry.AddressOf(block), start, length);
    }

    private BlockSource FindDevice(int number, long chunk)
    {
        IReadOnlyList<DataDevice> devices = _volume.Devices;
        return number == 0 ? _volume.Data
            : number <= devices.Count ? devices[number - 1].Source
            : throw _inode.Damaged($"its chunk {chunk} lies on device {number}, and there are {devices.Count}");
    }
}
