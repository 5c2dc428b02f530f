namespace ImageFs.Mounting;

/// <summary>What the user asked to be mounted.</summary>
/// <param name="Image">Path of the image or device, as given.</param>
/// <param name="Directory">The mount point, as given.</param>
/// <param name="Options">The mount options, in the order given, joined by commas.</param>
internal sealed record MountRequest(string Image, string Directory, string Options)
{
    /// <summary>Whether requests are logged.</summary>
    internal bool Debug { get; init; }
}
