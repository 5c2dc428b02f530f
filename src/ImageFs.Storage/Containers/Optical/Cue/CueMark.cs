namespace ImageFs.Storage.Containers.Optical.Cue;

/// <summary>An INDEX line.</summary>
/// <param name="File">The file that it counts from the start of.</param>
/// <param name="Track">Its track.</param>
/// <param name="Index">0 for the pregap, 1 for the track's start.</param>
/// <param name="Position">Sectors from the start of the file.</param>
internal sealed record CueMark(CueFile File, CueTrack Track, int Index, long Position);
