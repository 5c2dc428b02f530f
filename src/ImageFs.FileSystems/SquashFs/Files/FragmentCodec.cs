using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs.Files;

/// <summary>
/// Decodes a fragment. How many bytes it has is told nowhere, and noted here: the rest, up to the length of a block, is cleared, and no file's.
/// </summary>
/// <param name="inner">How fragments are compressed.</param>
/// <param name="fragments">All fragments.</param>
/// <param name="number">This one's number.</param>
internal sealed class FragmentCodec(Codec inner, FragmentTable fragments, uint number) : Codec
{
    /// <inheritdoc/>
    public override string Name => inner.Name;

    /// <inheritdoc/>
    public override string? Library => inner.Library;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination)
    {
        if (!inner.TryDecode(encoded, destination, out int length))
        {
            return Damaged;
        }

        fragments.NoteLength(number, length);
        destination[length..].Clear();
        return destination.Length;
    }
}
