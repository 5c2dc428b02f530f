using ImageFs.Fuse.Ahead;
using ImageFs.Linux;

namespace ImageFs.Fuse.Dispatch;

/// <summary>What all workers of a session share.</summary>
/// <param name="fileSystem">The tree that they serve.</param>
/// <param name="options">The mount's options.</param>
internal sealed class FuseService(FuseFileSystem fileSystem, FuseMountOptions options)
{
    /// <summary>Stores files ahead of their readers; null where that is not wanted.</summary>
    public FileStore? Store { get; private set; }

    /// <summary>Guesses which; null where that is not wanted.</summary>
    public FilesAhead? Ahead { get; private set; }

    /// <summary>The tree.</summary>
    public FuseFileSystem FileSystem => fileSystem;

    /// <summary>The mount's options.</summary>
    public FuseMountOptions Options => options;

    /// <summary>The files that were read from lately.</summary>
    public FileCache Files { get; } = new(fileSystem);

    /// <summary>Begins to store files ahead of their readers; before there are workers.</summary>
    /// <param name="connection">The connection; it stays the caller's.</param>
    public void StoreAhead(FileDescriptor connection)
    {
        Store = new FileStore(connection, Files, Errors, $"{options.Subtype} ahead");
        Ahead = new FilesAhead(Store.Order, Store.Ask);
    }

    /// <summary>Who is to be refused; null for nobody: then the kernel alone decides who comes in.</summary>
    public AccessGuard? Guard { get; } = options.AllowRoot ? new AccessGuard(Mounts.UserId) : null;

    /// <summary>How long the kernel may keep names and attributes for everybody.</summary>
    public CacheLifetime Lifetime { get; } = new(fileSystem, options.AllowRoot ? 0 : CacheLifetime.Longest);

    /// <summary>Where errors are logged.</summary>
    public FuseErrorLog Errors { get; } = new(fileSystem, options.Log);
}
