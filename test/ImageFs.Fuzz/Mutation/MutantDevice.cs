using ImageFs.Storage;

namespace ImageFs.Fuzz.Mutation;

/// <summary>The bytes of an image as the device that a parser reads; takes note of what is read, when somebody wants to know.</summary>
/// <param name="bytes">The bytes.</param>
internal sealed class MutantDevice(ReadOnlyMemory<byte> bytes) : Device
{
    /// <inheritdoc/>
    public override string Name => "mutant";

    /// <inheritdoc/>
    public override string Identity => Name;

    /// <inheritdoc/>
    public override long Length => bytes.Length;

    /// <summary>Takes each read; null when nobody wants to know.</summary>
    public List<(int Offset, int Length)>? Reads { get; init; }

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        Reads?.Add(((int)offset, destination.Length));
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }
}
