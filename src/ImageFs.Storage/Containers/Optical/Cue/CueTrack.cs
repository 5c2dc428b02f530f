namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A TRACK line and what belongs to it.</summary>
/// <param name="number">1 to 99.</param>
/// <param name="session">The session, from 1.</param>
/// <param name="kind">What its sectors hold.</param>
/// <param name="layout">How they lie.</param>
internal sealed class CueTrack(int number, int session, TrackKind kind, SectorLayout layout)
{
    internal int Number => number;

    internal int Session => session;

    internal TrackKind Kind => kind;

    internal SectorLayout Layout => layout;

    /// <summary>Sectors in front of it that are in no file.</summary>
    internal long Pregap { get; set; }

    /// <summary>Sectors behind it that are in no file.</summary>
    internal long Postgap { get; set; }

    /// <summary>Sectors between its session and the one before, where the sheet tells.</summary>
    internal long? SessionGap { get; init; }
}
