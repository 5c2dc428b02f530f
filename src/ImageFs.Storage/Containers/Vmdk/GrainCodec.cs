using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The zlib of grains. Of the grain that a disk ends in, some writers store what is left, and others all.</summary>
/// <param name="grainSize">Bytes of a grain.</param>
internal sealed class GrainCodec(int grainSize) : Codec
{
    /// <inheritdoc/>
    public override string Name => Codecs.Zlib.Name;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (destination.Length < grainSize)
        {
            using var grain = new PooledBuffer(grainSize);
            if (Codecs.Zlib.TryDecode(encoded, grain.Span))
            {
                grain.Span[..destination.Length].CopyTo(destination);
                return destination.Length;
            }
        }

        return Codecs.Zlib.TryDecode(encoded, destination, out int length) ? length : Damaged;
    }
}
