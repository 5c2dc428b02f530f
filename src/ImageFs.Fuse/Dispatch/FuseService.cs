using ImageFs.Fuse.Ahead;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.Fuse.Dispatch;

/// <summary>What all workers of a session share.</summary>
internal sealed class FuseService
{
    /// <summary>Makes what they share.</summary>
    /// <param name="fileSystem">The tree that they serve.</param>
    /// <param name="options">The mount's options.</param>
    /// <param name="connection">The connection; it stays the caller's. Null where there is none.</param>
    public FuseService(FileSystem fileSystem, FuseMountOptions options, FileDescriptor? connection = null)
    {
        FileSystem = fileSystem;
        Options = options;
        Nodes = new FuseNodes(fileSystem);
        Files = new FileCache(fileSystem, Nodes);
        Guard = options.AllowRoot ? new AccessGuard(options.UserId) : null;
        Lifetime = new CacheLifetime(fileSystem, options.AllowRoot ? 0 : CacheLifetime.Longest);
        Errors = new FuseErrorLog(fileSystem, Nodes, options.Log);
        Passthrough = options.BackingFiles is { } backing && connection is not null ? new PassthroughFiles(connection, Nodes, backing, Errors) : null;
        ReadersAhead = options is { DecodesAhead: true, Decoded: { } cache } ? new ReadersAhead(cache, $"{options.Subtype} decoder") : null;
    }

    /// <summary>Stores files ahead of their readers; null where that is not wanted.</summary>
    public FileStore? Store { get; private set; }

    /// <summary>Guesses which; null where that is not wanted.</summary>
    public FilesAhead? Ahead { get; private set; }

    /// <summary>Guesses which blocks; null where that is not wanted.</summary>
    public BlocksAhead? BlocksAhead { get; private set; }

    /// <summary>Decodes ahead of sequential readers; null where that is not wanted.</summary>
    public ReadersAhead? ReadersAhead { get; }

    /// <summary>The tree.</summary>
    public FileSystem FileSystem { get; }

    /// <summary>Its nodes as the kernel knows them.</summary>
    public FuseNodes Nodes { get; }

    /// <summary>The mount's options.</summary>
    public FuseMountOptions Options { get; }

    /// <summary>The files that were read from lately.</summary>
    public FileCache Files { get; }

    /// <summary>Files that the kernel reads by itself; null where it reads none.</summary>
    public PassthroughFiles? Passthrough { get; }

    /// <summary>Begins to store files ahead of their readers; before there are workers.</summary>
    /// <param name="connection">The connection; it stays the caller's.</param>
    public void StoreAhead(FileDescriptor connection)
    {
        Store = new FileStore(connection, Files, Errors, $"{Options.Subtype} ahead");
        Ahead = new FilesAhead(Store.Order, Store.Ask);
        BlocksAhead = new BlocksAhead(Store.Ask);
    }

    /// <summary>Asks the tree for each file again when it is next read from.</summary>
    public void ForgetFiles()
    {
        Files.Clear();
        ReadersAhead?.Clear();
    }

    /// <summary>Refuses requests by their user; null where the kernel alone decides who comes in.</summary>
    public AccessGuard? Guard { get; }

    /// <summary>How long the kernel may keep names and attributes for everybody.</summary>
    public CacheLifetime Lifetime { get; }

    /// <summary>Where errors are logged.</summary>
    public FuseErrorLog Errors { get; }
}
