using ImageFs.Storage;

namespace ImageFs.FileSystems.Metadata;

/// <summary>What has to be true of a block of metadata before anything in it is believed.</summary>
internal abstract class MetadataCheck
{
    /// <summary>Checks a block.</summary>
    /// <param name="block">Its bytes.</param>
    /// <param name="address">Where it is in the volume.</param>
    /// <param name="seed">Where its checksum begins, in formats in which that binds it to its owner.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public abstract void Verify(ReadOnlySpan<byte> block, long address, uint seed);
}
