namespace ImageFs.Storage.Containers.Optical;

/// <summary>A disc as the reader of one track sees it: up to the track's end, and its session is that track.</summary>
/// <param name="disc">The disc.</param>
/// <param name="track">The track.</param>
internal sealed class DiscTrackSource(Disc disc, DiscTrack track) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => track.End * SectorLayout.UserSize;

    /// <summary>The disc that it is a track of.</summary>
    internal Disc Disc => disc;

    /// <summary>Where the track begins.</summary>
    internal SessionTable Sessions => SessionTable.Of([track]);

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = disc;
        return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset);
    }
}
