using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The zlib of grains. Of the grain that a disk ends in, some writers store what is left, and others all.</summary>
/// <param name="grainSize">Bytes of a grain.</param>
internal sealed class GrainCodec(int grainSize) : Codec
{
    /// <inheritdoc/>
    public override string Name => Codecs.Zlib.Name;

    /// <inheritdoc/>
    protected override bool Decode(ReadOnlyMemory<byte> from, Span<byte> to)
    {
        if (to.Length < grainSize)
        {
            using var grain = new PooledBuffer(grainSize);
            if (Codecs.Zlib.TryDecode(from, grain.Span))
            {
                grain.Span[..to.Length].CopyTo(to);
                return true;
            }
        }

        return Codecs.Zlib.TryDecode(from, to);
    }
}
