using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Layers;

/// <summary>An extent some layers down, and how often it is there one time after the other: many parts of an object may be the same bytes.</summary>
/// <param name="Extent">The first time. Of an encoded one, address and source are those of the first byte that it is stored in.</param>
/// <param name="Count">How often; 1 for most.</param>
internal readonly record struct ExtentRun(LocatedExtent Extent, long Count = 1)
{
    /// <summary>How an encoded extent is encoded; null for any other.</summary>
    public Codec? Codec { get; init; }

    /// <summary>Where an encoded extent is stored in that layer, piece by piece; empty for any other.</summary>
    public IReadOnlyList<LocatedExtent> Stored { get; init; } = [];

    /// <summary>Bytes of all times.</summary>
    public long Length => Extent.Length * Count;

    /// <summary>The bytes that an encoded extent is stored in.</summary>
    public long StoredLength => Stored.Sum(piece => piece.Length);

    /// <summary>The run with one after it that continues or repeats it; null when it does neither.</summary>
    public ExtentRun? With(in ExtentRun next)
    {
        if (next.Extent.Kind != Extent.Kind || next.Codec != Codec)
        {
            return null;
        }

        if (Extent.Kind == ExtentKind.Own && LayerExtents.OwnOf(next.Extent) != LayerExtents.OwnOf(Extent))
        {
            return null;
        }

        if (Extent.IsZero || (Codec is not null && IsSameBlock(in next)))
        {
            return this with { Extent = Extent with { Length = Extent.Length + next.Extent.Length } };
        }

        if (Codec is not null || !ReferenceEquals(next.Extent.Source, Extent.Source))
        {
            return null;
        }

        return Count == 1 && next.Extent.Address == Extent.Address + Extent.Length
            ? this with { Extent = Extent with { Length = Extent.Length + next.Extent.Length } }
            : next.Extent.Address == Extent.Address && next.Extent.Length == Extent.Length && next.Extent.Kind == ExtentKind.Mapped
                ? this with { Count = Count + 1 }
                : null;
    }

    // Layers above may cut a block in two.
    private bool IsSameBlock(in ExtentRun next) => next.Stored.SequenceEqual(Stored);
}
