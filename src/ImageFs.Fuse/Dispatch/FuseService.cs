namespace ImageFs.Fuse.Dispatch;

/// <summary>What all workers of a session share.</summary>
/// <param name="fileSystem">The tree that they serve.</param>
/// <param name="options">The mount's options.</param>
internal sealed class FuseService(FuseFileSystem fileSystem, FuseMountOptions options)
{
    /// <summary>The tree.</summary>
    public FuseFileSystem FileSystem => fileSystem;

    /// <summary>The mount's options.</summary>
    public FuseMountOptions Options => options;

    /// <summary>The files that were read from lately.</summary>
    public FileCache Files { get; } = new(fileSystem);

    /// <summary>Where errors are logged.</summary>
    public FuseErrorLog Errors { get; } = new(options.Log);
}
