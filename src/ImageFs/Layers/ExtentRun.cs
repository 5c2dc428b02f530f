using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>An extent, and how often it is there one time after the other: many parts of an object may be the same bytes.</summary>
/// <param name="Extent">The first time.</param>
/// <param name="Count">How often; 1 for most.</param>
internal readonly record struct ExtentRun(LocatedExtent Extent, long Count)
{
    /// <summary>Bytes of all times.</summary>
    public long Length => Extent.Length * Count;

    /// <summary>The run with an extent after it that continues or repeats it; null when it does neither.</summary>
    public ExtentRun? With(in LocatedExtent next)
    {
        if (next.Kind != Extent.Kind)
        {
            return null;
        }

        if (Extent.IsZero)
        {
            return this with { Extent = Extent with { Length = Extent.Length + next.Length } };
        }

        if (!ReferenceEquals(next.Source, Extent.Source))
        {
            return null;
        }

        return Count == 1 && next.Address == Extent.Address + Extent.Length ? this with { Extent = Extent with { Length = Extent.Length + next.Length } }
            : next.Address == Extent.Address && next.Length == Extent.Length && next.Kind == ExtentKind.Mapped ? this with { Count = Count + 1 }
            : null;
    }
}
