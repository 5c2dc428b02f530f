using ImageFs.Linux;

namespace ImageFs.Storage.Decoding;

/// <summary>A way in which blocks are compressed, or otherwise encoded. It has no state: threads share one.</summary>
public abstract class Codec
{
    /// <summary>What <see cref="Decode"/> returns of a block that cannot be decoded.</summary>
    protected const int Damaged = -1;

    /// <summary>Its name, as people write it: "zstd".</summary>
    public abstract string Name { get; }

    /// <summary>The library of the system that decodes it: "libzstd.so.1"; null where none is needed.</summary>
    public virtual string? Library => null;

    /// <summary>Whether blocks can be decoded here: the library is there.</summary>
    public bool IsAvailable => Library is null || SystemLibrary.IsThere(Library);

    /// <summary>
    /// Whether blocks that follow each other are stored one after the other, each in as many bytes as it has: they are encrypted, not
    /// compressed.
    /// </summary>
    public virtual bool KeepsPlaces => false;

    /// <summary>Decodes one block, by the whole of its stream: the end and the checksum that the format has are there and right.</summary>
    /// <param name="encoded">The bytes that its stream is in; what they hold after the stream is not looked at.</param>
    /// <param name="destination">Filled whole.</param>
    /// <returns>False when it cannot be decoded, or holds less or more; <paramref name="destination"/> then holds nothing of use.</returns>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    public bool TryDecode(ReadOnlyMemory<byte> encoded, Span<byte> destination) =>
        TryDecode(encoded, destination, out int length) && length == destination.Length;

    /// <summary>As <see cref="TryDecode(ReadOnlyMemory{byte}, Span{byte})"/>, of a block that may hold less than there is room for.</summary>
    /// <param name="encoded">The bytes that its stream is in; what they hold after the stream is not looked at.</param>
    /// <param name="destination">Its start takes the block.</param>
    /// <param name="length">Bytes of the block.</param>
    /// <returns>False when it cannot be decoded, or holds more; <paramref name="destination"/> then holds nothing of use.</returns>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    public bool TryDecode(ReadOnlyMemory<byte> encoded, Span<byte> destination, out int length) =>
        TryDecode(encoded, destination, isWhole: true, out length);

    /// <summary>Decodes the start of a block, which may hold more: its end and its checksum are not looked at.</summary>
    /// <param name="encoded">The bytes that its stream is in; what they hold after the stream is not looked at.</param>
    /// <param name="destination">Filled whole.</param>
    /// <returns>False when it cannot be decoded, or holds less; <paramref name="destination"/> then holds nothing of use.</returns>
    /// <exception cref="UnsupportedFeatureException">The library is not there.</exception>
    public bool TryDecodeStart(ReadOnlyMemory<byte> encoded, Span<byte> destination) =>
        TryDecode(encoded, destination, isWhole: false, out int length) && length == destination.Length;

    /// <summary>Decodes one block; an <see cref="IOException"/> or <see cref="InvalidDataException"/> is a no as well.</summary>
    /// <param name="encoded">The bytes that its stream is in.</param>
    /// <param name="destination">Its start takes the block.</param>
    /// <returns>Bytes of the block; <see cref="Damaged"/> when it cannot be decoded, or holds more than there is room for.</returns>
    /// <exception cref="TypeLoadException">The library is not there, or lacks the function.</exception>
    protected abstract int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination);

    /// <summary>As <see cref="Decode"/>, of a block that may hold more than there is room for: where a format asks for that.</summary>
    /// <param name="encoded">The bytes that its stream is in.</param>
    /// <param name="destination">Its start takes the block's.</param>
    /// <returns>Bytes decoded; <see cref="Damaged"/> when they cannot be.</returns>
    /// <exception cref="TypeLoadException">The library is not there, or lacks the function.</exception>
    protected virtual int DecodeStart(ReadOnlyMemory<byte> encoded, Span<byte> destination) =>
        throw new NotSupportedException($"{Name} is not decoded in part");

    private bool TryDecode(ReadOnlyMemory<byte> encoded, Span<byte> destination, bool isWhole, out int length)
    {
        length = Damaged;
        try
        {
            length = isWhole ? Decode(encoded, destination) : DecodeStart(encoded, destination);
            return length >= 0;
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
}
