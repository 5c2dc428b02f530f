using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The options that several formats of discs take.</summary>
internal static class DiscOptions
{
    /// <summary>Read by <see cref="TextEncoding.Take"/>.</summary>
    public static FormatOption Encoding { get; } =
        new("encoding=NAME", "the character set of the sheet or descriptor, and of the file names in it (default: found by trial)");

    /// <summary>Read by <see cref="DiscBuilder.Build"/>.</summary>
    public static FormatOption Audio { get; } = new("audio", "show tracks of sound as WAV files");
}
