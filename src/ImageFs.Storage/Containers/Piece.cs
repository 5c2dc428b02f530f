namespace ImageFs.Storage.Containers;

/// <summary>Where the bytes from some offset of a virtual disk on lie, as one entry of its tables has it.</summary>
/// <param name="Kind">What the bytes are.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Address">For <see cref="ExtentKind.Mapped"/>, where they begin in <paramref name="Source"/>.</param>
/// <param name="Source">For <see cref="ExtentKind.Mapped"/>, the file or the parent disk.</param>
internal readonly record struct Piece(ExtentKind Kind, long Length, long Address, BlockSource? Source)
{
    /// <summary>Bytes that are not there: zeros.</summary>
    public static Piece Hole(long length) => new(ExtentKind.Hole, length, 0, null);

    /// <summary>Bytes of a compressed block.</summary>
    public static Piece Encoded(long length) => new(ExtentKind.Encoded, length, 0, null);

    /// <summary>Bytes that lie in a file as they are.</summary>
    public static Piece Mapped(BlockSource source, long address, long length) => new(ExtentKind.Mapped, length, address, source);

    /// <summary>Bytes of a block of a file. The file may end inside its last block, where the disk ends before the block does.</summary>
    /// <param name="source">The file.</param>
    /// <param name="block">Where the block begins.</param>
    /// <param name="start">Where the bytes begin in the block.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="TruncatedImageException">The first of the bytes lies beyond the end of the file.</exception>
    public static Piece InBlock(BlockSource source, long block, long start, long length) =>
        block < source.Length - start
            ? Mapped(source, block + start, Math.Min(source.Length - start - block, length))
            : throw new TruncatedImageException(Math.Max(block, source.Length), source.Length);

    /// <summary>Bytes that the parent disk has, at the same offset; zeros without one, and beyond its end.</summary>
    public static Piece Parent(BlockSource? parent, long offset, long length) =>
        parent is null || offset >= parent.Length ? Hole(length) : Mapped(parent, offset, Math.Min(length, parent.Length - offset));

    /// <summary>Whether another piece, right after this one, is of one extent with it.</summary>
    public bool IsContinuedBy(in Piece next) =>
        next.Kind == Kind && (Kind != ExtentKind.Mapped || (ReferenceEquals(next.Source, Source) && next.Address == Address + Length));
}
