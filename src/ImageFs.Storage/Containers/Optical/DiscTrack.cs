namespace ImageFs.Storage.Containers.Optical;

/// <summary>What the sectors of a track hold.</summary>
public enum TrackKind
{
    /// <summary>588 samples of two channels of 16 bits, at 44.1 kHz (IEC 60908).</summary>
    Audio,

    /// <summary>2048 bytes with error correction (ECMA-130 14.3).</summary>
    Mode1,

    /// <summary>2336 bytes, mostly in the forms of CD-ROM XA: 2048 bytes (form 1), or 2324 without correction (form 2).</summary>
    Mode2,
}

/// <summary>A track of a disc.</summary>
/// <param name="Number">1 to 99.</param>
/// <param name="Session">The session that it is in, from 1.</param>
/// <param name="Kind">What its sectors hold.</param>
/// <param name="Start">Its first sector (index 1), as the disc counts: 0 is the first after the pregap.</param>
/// <param name="Count">Sectors in it.</param>
/// <param name="Layout">How its sectors lie in their file; the default when nothing of it is in any.</param>
public sealed record DiscTrack(int Number, int Session, TrackKind Kind, long Start, long Count, SectorLayout Layout)
{
    /// <summary>Whether it is no audio.</summary>
    public bool IsData => Kind != TrackKind.Audio;

    /// <summary>First sector after it.</summary>
    public long End => Start + Count;

    /// <summary>What it holds and in what sectors, as cue sheets write it: "MODE1/2352", "AUDIO".</summary>
    public string TypeName => NameOf(Kind, Layout);

    /// <summary>Why its sectors cannot be read, though it is known where they belong; null when they can.</summary>
    public string? Problem { get; init; }

    /// <summary>A kind of track as cue sheets write it.</summary>
    internal static string NameOf(TrackKind kind, SectorLayout layout) =>
        kind == TrackKind.Audio ? "AUDIO" : $"{(kind == TrackKind.Mode1 ? "MODE1" : "MODE2")}/{layout.Size}";
}

/// <summary>A disc as the reader of one track sees it: up to the track's end, and its session is that track.</summary>
/// <param name="disc">The disc.</param>
/// <param name="track">The track.</param>
internal sealed class DiscTrackSource(Disc disc, DiscTrack track) : BlockSource
{
    /// <inheritdoc/>
    public override long Length => track.End * SectorLayout.UserSize;

    /// <inheritdoc/>
    public override ICapability? Find(Type capability) =>
        capability == typeof(SessionTable) ? SessionTable.Of([track])
        : capability == typeof(IDiscFilms) ? disc.Find(capability)
        : null;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = disc;
        return Extent.Mapped(offset, Math.Min(maxLength, Length - offset), offset);
    }
}
