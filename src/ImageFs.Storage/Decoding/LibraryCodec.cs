namespace ImageFs.Storage.Decoding;

/// <summary>A codec of a system's library, which is loaded when it is first needed.</summary>
/// <param name="name">The codec's name.</param>
/// <param name="library">The library, by the name that it is looked for.</param>
/// <param name="decode">Decodes a block into the start of the destination; bytes of it, or -1.</param>
/// <param name="decodeStart">The same of a block that may hold more than there is room for; null where no format asks for that.</param>
internal sealed class LibraryCodec(string name, string library, LibraryCodec.Decoder decode, LibraryCodec.Decoder? decodeStart = null) : Codec
{
    /// <summary>A library's function.</summary>
    public delegate int Decoder(ReadOnlySpan<byte> encoded, Span<byte> destination);

    /// <inheritdoc/>
    public override string Name => name;

    /// <inheritdoc/>
    public override string? Library => library;

    /// <inheritdoc/>
    protected override int Decode(ReadOnlyMemory<byte> encoded, Span<byte> destination) => decode(encoded.Span, destination);

    /// <inheritdoc/>
    protected override int DecodeStart(ReadOnlyMemory<byte> encoded, Span<byte> destination) =>
        decodeStart?.Invoke(encoded.Span, destination) ?? base.DecodeStart(encoded, destination);
}
