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

    /// <summary>What its sectors hold: as the sheet says, or as they say themselves.</summary>
    internal TrackKind Kind { get; private set; } = kind;

    /// <summary>How they lie: as the sheet says, or as they say themselves.</summary>
    internal SectorLayout Layout { get; private set; } = layout;

    /// <summary>Sectors in front of it that are in no file.</summary>
    internal long Pregap { get; set; }

    /// <summary>Sectors behind it that are in no file.</summary>
    internal long Postgap { get; set; }

    /// <summary>Sectors between its session and the one before, where the sheet tells.</summary>
    internal long? SessionGap { get; init; }

    /// <summary>The sector that its session begins at, where that is known; null where it is not.</summary>
    internal long? SessionStart { get; init; }

    /// <summary>Where the lead-out behind it begins, as the sheet counts; null when it does not tell.</summary>
    internal long? LeadOut { get; set; }

    /// <summary>Its sectors say what they are.</summary>
    internal void Settle((TrackKind Kind, SectorLayout Layout) found) => (Kind, Layout) = found;
}
