namespace ImageFs.Storage.Decoding;

/// <summary>What was decoded, and what was read of it, of all layers, in bytes. More decoded than read: blocks were decoded twice, or for nobody.</summary>
/// <param name="Blocks">Blocks decoded.</param>
/// <param name="Decoded">Their bytes, decoded.</param>
/// <param name="Read">Decoded bytes that were handed out.</param>
public readonly record struct DecodedCounts(long Blocks, long Decoded, long Read)
{
    /// <summary>Bytes of the decoded ones that nobody had asked for yet.</summary>
    public long Ahead { get; init; }

    internal DecodedCounts AddAhead(int length) => this with { Ahead = Ahead + length };

    internal DecodedCounts AddDecoded(int length) => this with { Blocks = Blocks + 1, Decoded = Decoded + length };

    internal DecodedCounts AddRead(int length) => this with { Read = Read + length };
}
