using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.FileSystems.CramFs;

/// <summary>
/// The contents of a file: pointers, one for each block, and the blocks. A pointer tells where its block ends and the next one begins; the first
/// begins behind the pointers. Of an image with extended pointers it may tell where the block begins instead, and that it is stored as it is.
/// </summary>
internal sealed class CramFsFile : PiecedSource
{
    private const uint Uncompressed = 1u << 31;
    private const uint Direct = 1 << 30;
    private const int PointerLength = sizeof(uint);

    private readonly CramFsVolume _volume;
    private readonly NodeId _node;
    private readonly long _pointers;
    private readonly int _blockSize;

    /// <param name="volume">The volume.</param>
    /// <param name="node">The file, for errors.</param>
    /// <param name="pointers">Where the pointers are.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="blockSize">Bytes of a block.</param>
    /// <exception cref="InvalidImageException">The pointers leave the file system.</exception>
    public CramFsFile(CramFsVolume volume, NodeId node, long pointers, long length, int blockSize)
        : base(volume.Decoded)
    {
        _volume = volume;
        _node = node;
        _pointers = pointers;
        _blockSize = blockSize;
        Length = length;
        if (pointers == 0 || FirstBlock > volume.SuperBlock.Length)
        {
            throw CramFsVolume.Invalid(node, $"its {Count} pointers at 0x{pointers:X} are not in the 0x{volume.SuperBlock.Length:X} bytes of the file system");
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    private long Count => (Length + _blockSize - 1) / _blockSize;

    private long FirstBlock => _pointers + (Count * PointerLength);

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long number = Math.DivRem(offset, _blockSize, out long inBlock);
        int length = (int)Math.Min(_blockSize, Length - (number * _blockSize));
        uint pointer = ReadPointer(number);
        (long start, long end) = (pointer & Direct) != 0 ? PlaceOf(pointer, length) : (number == 0 ? FirstBlock : EndOf(number - 1), pointer & ~Uncompressed);
        if (start == end)
        {
            return Piece.Hole(length - inBlock);
        }

        bool isStored = (pointer & Uncompressed) != 0;
        if (start > end || end > _volume.SuperBlock.Length || end - start > (isStored ? length : 2 * _blockSize) || (isStored && end - start < length))
        {
            throw CramFsVolume.Invalid(_node, $"block {number} of {length} bytes is stored from 0x{start:X} to 0x{end:X}, in a file system of 0x{_volume.SuperBlock.Length:X}");
        }

        return isStored
            ? Piece.OfBlock(_volume.Source, start, inBlock, length - inBlock)
            : Piece.Encoded(_volume.Source, start, (int)(end - start), Codecs.Zlib, inBlock, length);
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) =>
        CramFsVolume.Invalid(_node, $"block {block.Offset / _blockSize} at 0x{block.Address:X} is no whole stream of {block.Codec.Name} with {block.Length} bytes in it");

    private uint ReadPointer(long number)
    {
        Span<byte> bytes = stackalloc byte[PointerLength];
        _volume.Cache.ReadAt(_pointers + (number * PointerLength), bytes);
        return _volume.SuperBlock.Order.UInt32(bytes);
    }

    // Where a block that another one follows ends; it is no last one.
    private long EndOf(long number)
    {
        uint pointer = ReadPointer(number);
        return (pointer & Direct) != 0 ? PlaceOf(pointer, _blockSize).End : pointer & ~Uncompressed;
    }

    // Of a block that is told the start of: where it is compressed, its length stands in front of it.
    private (long Start, long End) PlaceOf(uint pointer, int length)
    {
        long start = (long)(pointer & ~(Uncompressed | Direct)) * Inode.Unit;
        if ((pointer & Uncompressed) != 0)
        {
            return (start, start + length);
        }

        Span<byte> bytes = stackalloc byte[sizeof(ushort)];
        _volume.Cache.ReadAt(start, bytes);
        start += bytes.Length;
        return (start, start + _volume.SuperBlock.Order.UInt16(bytes));
    }
}
