namespace ImageFs.Storage.Containers.Optical.CloneCd;

/// <summary>An entry of the table of contents (MMC, READ TOC format 2).</summary>
/// <param name="Session">The session, from 1.</param>
/// <param name="Point">A track's number; 0xA2 for the lead-out.</param>
/// <param name="Control">Bit 2 is set for data.</param>
/// <param name="Start">Its first sector.</param>
internal sealed record CloneCdEntry(long Session, long Point, long Control, long Start)
{
    internal bool IsTrack => Point is >= 1 and <= Disc.MaxTracks;
}
