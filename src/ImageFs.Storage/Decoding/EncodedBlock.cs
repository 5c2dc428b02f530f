namespace ImageFs.Storage.Decoding;

/// <summary>A block of a source that is decoded as a whole.</summary>
/// <param name="Number">Its number among those of the source.</param>
/// <param name="Offset">Where its bytes begin in the source, decoded.</param>
/// <param name="Length">Its bytes, decoded.</param>
public readonly record struct EncodedBlock(long Number, long Offset, int Length);
