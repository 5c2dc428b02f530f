namespace ImageFs.Storage.Decoding;

/// <summary>A block of a source that is stored encoded, and decoded as a whole.</summary>
/// <param name="Offset">Where its bytes begin in the source, decoded; or would, where the source has only some of them, even before its start.</param>
/// <param name="Length">Its bytes, decoded.</param>
/// <param name="Source">The layer below, which has it encoded.</param>
/// <param name="Address">Where it begins there.</param>
/// <param name="StoredLength">
/// The bytes that it is stored in. Where the format tells that in sectors, the stream may end up to <see cref="MaxSlack"/> bytes before.
/// </param>
/// <param name="Codec">How it is encoded.</param>
public readonly record struct EncodedBlock(long Offset, int Length, BlockSource Source, long Address, int StoredLength, Codec Codec)
{
    /// <summary>The most that a stored length may be too much, in bytes: it may reach to the end of a sector.</summary>
    public const int MaxSlack = 511;

    /// <summary>Where the bytes of an extent that begins in this block are stored: in this one, or in this one and those that follow it.</summary>
    /// <param name="offset">Where the extent begins in the source, inside this block.</param>
    /// <param name="length">Its bytes.</param>
    /// <returns>Bytes from <see cref="Address"/> on.</returns>
    public long StoredLengthOf(long offset, long length) =>
        Codec.KeepsPlaces ? (offset - Offset + length + Length - 1) / Length * Length : StoredLength;
}
