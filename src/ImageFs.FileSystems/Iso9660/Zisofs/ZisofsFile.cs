using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Iso9660.Zisofs;

/// <summary>A compressed file: a header, pointers to the blocks, and the blocks, each a zlib stream by itself.</summary>
internal sealed class ZisofsFile : PiecedSource
{
    private const int MinBlockShift = 15;
    private const int MaxBlockShift = 20;

    private readonly Iso9660Volume _volume;
    private readonly BlockSource _recorded;
    private readonly ZisofsParameters _parameters;
    private readonly long _address;
    private readonly int _blockSize;
    private readonly int _pointerLength;

    /// <param name="volume">The volume that it is on.</param>
    /// <param name="recorded">The file as it is recorded.</param>
    /// <param name="parameters">What its ZF entry says.</param>
    /// <param name="address">Where its directory record is.</param>
    /// <param name="decoded">Keeps its decoded blocks.</param>
    /// <exception cref="UnsupportedFeatureException">The algorithm is not zlib.</exception>
    /// <exception cref="InvalidImageException">The header is damaged or contradicts the ZF entry.</exception>
    public ZisofsFile(Iso9660Volume volume, BlockSource recorded, ZisofsParameters parameters, long address, DecodedBlocks decoded)
        : base(decoded)
    {
        if (!parameters.IsZlib || parameters.Version is not (1 or 2))
        {
            throw new UnsupportedFeatureException(
                $"zisofs version {parameters.Version} with algorithm '{parameters.AlgorithmName}'", "zisofs2 format");
        }

        _volume = volume;
        _recorded = recorded;
        _parameters = parameters;
        _address = address;
        if (parameters.BlockShift is < MinBlockShift or > MaxBlockShift)
        {
            throw Invalid($"a block size of 2^{parameters.BlockShift} bytes");
        }

        _blockSize = 1 << parameters.BlockShift;
        _pointerLength = parameters.Version == 1 ? 4 : 8;
        Length = checked((long)parameters.Size);
        CheckHeader();

        long room = recorded.Length - parameters.HeaderLength;
        if (room < 0 || LastBlock >= (room / _pointerLength) - 1)
        {
            throw Invalid("the block pointers run past its end");
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    private long LastBlock => Length == 0 ? -1 : (Length - 1) / _blockSize;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        long number = Math.DivRem(offset, _blockSize, out long inBlock);
        int length = (int)Math.Min(_blockSize, Length - (number * _blockSize));
        long start = ReadPointer(number);
        long end = ReadPointer(number + 1);
        if (start > end || end - start > 2 * _blockSize)
        {
            throw Invalid($"block {number} lies from byte {start} to byte {end} of {_recorded.Length}");
        }

        // A block without bytes is all zeros.
        return start == end ? Piece.Hole(length - inBlock) : Piece.Encoded(_recorded, start, (int)(end - start), Codecs.Zlib, inBlock, length);
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) =>
        Invalid($"block {block.Offset / _blockSize} is no whole stream of {block.Codec.Name} with {block.Length} bytes in it");

    private long ReadPointer(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        ReadCached(_parameters.HeaderLength + (number * _pointerLength), bytes[.._pointerLength]);
        ulong pointer = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return pointer <= (ulong)_recorded.Length ? (long)pointer : throw Invalid($"the pointer of block {number} is {pointer}");
    }

    // Pointers are asked for at every read: they are metadata, and kept as such.
    private void ReadCached(long offset, Span<byte> destination)
    {
        Extent extent = _recorded.Map(offset, destination.Length, out BlockSource below);
        if (extent.Kind == ExtentKind.Mapped && extent.Length == destination.Length && ReferenceEquals(below, _volume.Source))
        {
            _volume.Cache.ReadAt(extent.Address, destination);
        }
        else
        {
            _recorded.ReadAt(offset, destination);
        }
    }

    private void CheckHeader()
    {
        Span<byte> bytes = stackalloc byte[ZisofsHeader.LengthOf(_parameters.Version)];
        if (_recorded.Length < bytes.Length)
        {
            throw Invalid($"its {_recorded.Length} bytes do not hold a header");
        }

        _recorded.ReadAt(0, bytes);
        var header = new ZisofsHeader(bytes, _parameters.Version);
        if (!header.IsValid)
        {
            throw Invalid("its header has a wrong magic number");
        }

        if (header.Size != _parameters.Size
            || header.HeaderLength != _parameters.HeaderLength
            || header.BlockShift != _parameters.BlockShift)
        {
            throw Invalid(
                $"its header says {header.Size} bytes in blocks of 2^{header.BlockShift} after {header.HeaderLength}, "
                + $"its ZF entry {_parameters.Size} bytes in blocks of 2^{_parameters.BlockShift} after {_parameters.HeaderLength}");
        }
    }

    private InvalidImageException Invalid(string problem) =>
        new("compressed file of the directory record", _address, problem, $"zisofs version {_parameters.Version}");
}
