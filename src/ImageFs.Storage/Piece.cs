using ImageFs.Storage.Decoding;

namespace ImageFs.Storage;

/// <summary>Where the bytes from some offset of a source on lie, as one entry of its tables has it.</summary>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Address">Where they begin in <paramref name="Source"/>; of an encoded block, where that begins.</param>
/// <param name="Source">The layer below that has them; null for bytes that none has.</param>
public readonly record struct Piece(ExtentKind Kind, long Length, long Address = 0, BlockSource? Source = null)
{
    /// <summary>For <see cref="ExtentKind.Encoded"/>, the bytes that the block is stored in.</summary>
    public int StoredLength { get; private init; }

    /// <summary>For <see cref="ExtentKind.Encoded"/>, where the piece begins in its block, decoded.</summary>
    public int InBlock { get; private init; }

    /// <summary>For <see cref="ExtentKind.Encoded"/>, bytes of its block, decoded.</summary>
    public int BlockLength { get; private init; }

    /// <summary>For <see cref="ExtentKind.Encoded"/>, how the block is encoded.</summary>
    public Codec? Codec { get; private init; }

    /// <summary>Bytes that are not there: zeros.</summary>
    public static Piece Hole(long length) => new(ExtentKind.Hole, length);

    /// <summary>Bytes that the source itself has.</summary>
    public static Piece Own(long length) => new(ExtentKind.Own, length);

    /// <summary>Bytes of an encoded block, from one of them on.</summary>
    /// <param name="source">The layer that has it.</param>
    /// <param name="address">Where it begins there.</param>
    /// <param name="storedLength">The bytes that it is stored in.</param>
    /// <param name="codec">How it is encoded.</param>
    /// <param name="start">Where the bytes begin in the block, decoded.</param>
    /// <param name="blockLength">The block's bytes, decoded.</param>
    /// <param name="length">Bytes of it that are in the source; those up to its end where nothing is said.</param>
    public static Piece Encoded(BlockSource source, long address, int storedLength, Codec codec, long start, int blockLength, long? length = null) =>
        new(ExtentKind.Encoded, length ?? (blockLength - start), address, source)
        {
            StoredLength = storedLength,
            Codec = codec,
            InBlock = (int)start,
            BlockLength = blockLength,
        };

    /// <summary>Bytes that lie in the layer below as they are.</summary>
    public static Piece Mapped(BlockSource source, long address, long length) => new(ExtentKind.Mapped, length, address, source);

    /// <summary>Bytes of a block of a file. The file may end inside its last block, where the disk ends before the block does.</summary>
    /// <param name="source">The file.</param>
    /// <param name="block">Where the block begins.</param>
    /// <param name="start">Where the bytes begin in the block.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="TruncatedImageException">The first of the bytes lies beyond the end of the file.</exception>
    public static Piece OfBlock(BlockSource source, long block, long start, long length) =>
        block < source.Length - start
            ? Mapped(source, block + start, Math.Min(source.Length - start - block, length))
            : throw new TruncatedImageException(Math.Max(block, source.Length), source.Length);

    /// <summary>Bytes that the parent disk has, at the same offset; zeros without one, and beyond its end.</summary>
    public static Piece OfParent(BlockSource? parent, long offset, long length) =>
        parent is null || offset >= parent.Length ? Hole(length) : Mapped(parent, offset, Math.Min(length, parent.Length - offset));

    /// <summary>Whether another piece, right after this one, is of one extent with it.</summary>
    internal bool IsContinuedBy(in Piece next) => next.Kind == Kind && Kind switch
    {
        ExtentKind.Mapped => ReferenceEquals(next.Source, Source) && next.Address == Address + Length,
        ExtentKind.Encoded => false,
        _ => true,
    };

    /// <summary>The block that an encoded piece is of.</summary>
    /// <param name="offset">Where the piece begins in the source.</param>
    internal EncodedBlock BlockAt(long offset) => new(offset - InBlock, BlockLength, Source!, Address, StoredLength, Codec!);
}
