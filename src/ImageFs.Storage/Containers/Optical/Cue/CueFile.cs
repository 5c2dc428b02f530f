namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A FILE line.</summary>
/// <param name="Name">The name as it is written.</param>
/// <param name="Type">"BINARY", "MOTOROLA", "WAVE", "MP3" and others.</param>
internal sealed record CueFile(string Name, string Type)
{
    /// <summary>Whether it has sectors and nothing else.</summary>
    internal bool IsRaw => Type is "BINARY" or "MOTOROLA";

    /// <summary>Whether its samples have their high byte first.</summary>
    internal bool IsSwapped => Type == "MOTOROLA";

    /// <summary>Whether a word says what a file is.</summary>
    internal static bool IsType(string word) => word is
        "BINARY" or "MOTOROLA" or "WAVE" or "MP3" or "AIFF" or "FLAC" or "OGG" or "APE" or "WV" or "TTA" or "M4A" or "OPUS";
}
