using ImageFs.Linux;

namespace ImageFs.Storage.Decoding;

/// <summary>A way in which blocks are compressed, or otherwise encoded. It has no state: threads share one.</summary>
public abstract class Codec
{
    /// <summary>Its name, as people write it: "zstd".</summary>
    public abstract string Name { get; }

    /// <summary>The library of the system that decodes it: "libzstd.so.1"; null where none is needed.</summary>
    public virtual string? Library => null;

    /// <summary>Whether blocks can be decoded here: the library is there.</summary>
    public bool IsAvailable => Library is null || SystemLibrary.IsThere(Library);

    /// <summary>Decodes one block, by the whole of its stream: the end and the checksum that the format has are there and right.</summary>
    /// <param name="encoded">The bytes that its stream is in; what they hold after the stream is not looked at.</param>
    /// <param name="destination">Filled whole.</param>
    /// <returns>False when it cannot be decoded, or holds less or more; <paramref name="destination"/> then holds nothing of use.</returns>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    public bool TryDecode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        try
        {
            return Decode(encoded, destination);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // What the runtime says of it is about archives, which there are none of.
            return false;
        }
        catch (TypeLoadException)
        {
            throw new UnsupportedFeatureException($"{Name} without the library {Library}");
        }
    }

    /// <summary>As <see cref="TryDecode"/>; an <see cref="IOException"/> or <see cref="InvalidDataException"/> is a no as well.</summary>
    /// <exception cref="TypeLoadException">The library is not there, or lacks the function.</exception>
    protected abstract bool Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination);
}
