namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>A FILE line.</summary>
/// <param name="Name">The name as it is written.</param>
/// <param name="Type">"BINARY", "MOTOROLA", "WAVE", "MP3" and others.</param>
internal sealed record CueFile(string Name, string Type);
