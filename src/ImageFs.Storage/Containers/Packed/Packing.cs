using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>How a packed file is decoded, as its format tells it once its parts are known. Threads share it.</summary>
/// <param name="format">The format's name: "xz".</param>
/// <param name="source">The file.</param>
internal abstract class Packing(string format, BlockSource source)
{
    /// <summary>The format's name.</summary>
    public string Format => format;

    /// <summary>The file.</summary>
    public BlockSource Source => source;

    /// <summary>Begins to decode a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="isMeasured">Whether its length is known: it has to be what comes out.</param>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    /// <exception cref="ImageException">It does not begin as it should.</exception>
    /// <exception cref="Linux.LinuxException">The device failed, or there is no memory.</exception>
    public abstract PartReader Read(in PackedPart part, bool isMeasured = true);

    /// <summary>What decodes a small part whole, with its checksum; null where nothing does.</summary>
    public virtual Codec? CodecOf(in PackedPart part) => null;

    /// <summary>The stored bytes of a part that <see cref="CodecOf"/> decodes.</summary>
    public virtual (long Address, long Length) StoredOf(in PackedPart part) => (part.Address, part.StoredLength);

    /// <summary>Adds what is to be said of the file.</summary>
    public virtual void Describe(ImageDescription description)
    {
    }
}
