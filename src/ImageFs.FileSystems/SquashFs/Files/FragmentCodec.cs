using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs.Files;

/// <summary>
/// Decodes a fragment for one of the files in it. How many bytes it has is told nowhere: at least as many as the file needs, or it is damaged.
/// Zeros fill it up to the length of a block.
/// </summary>
/// <param name="inner">How fragments are compressed.</param>
/// <param name="fragments">All fragments.</param>
/// <param name="number">This one's number.</param>
/// <param name="minLength">Where the file ends in it.</param>
internal sealed class FragmentCodec(Codec inner, FragmentTable fragments, uint number, int minLength) : Codec
{
    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override string? Library => inner.Library;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (!inner.TryDecode(encoded, destination, out int length) || length < minLength)
        {
            return Damaged;
        }

        fragments.NoteLength(number, length);
        destination[length..].Clear();
        return destination.Length;
    }
}
