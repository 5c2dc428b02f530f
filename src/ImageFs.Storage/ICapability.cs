namespace ImageFs.Storage;

/// <summary>
/// What a source can tell besides its bytes: where the sessions of a disc begin, what of it is a film. <see cref="BlockSource.Find{TCapability}"/> asks
/// for it through the layers, so a layer on top that passes all bytes on hides nothing.
/// </summary>
public interface ICapability
{
    /// <summary>The same for a part of the source: there, addresses count from where the part begins.</summary>
    /// <param name="start">Where the part begins, in bytes; less than 0 where it begins before the source does.</param>
    /// <param name="length">Bytes in it.</param>
    /// <returns>Null when there is nothing to tell about the part.</returns>
    ICapability? OfPart(long start, long length);
}
