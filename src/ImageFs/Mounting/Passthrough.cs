using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>Has Linux read the bytes of files by itself where a server serves the rest (<c>-o passthrough</c>).</summary>
internal sealed class Passthrough : IDisposable
{
    private readonly MountRequest _request;
    private readonly bool _bypassesCache;
    private IBackingStore? _store;

    private Passthrough(MountRequest request, bool bypassesCache) => (_request, _bypassesCache) = (request, bypassesCache);

    /// <summary>Finds out whether it can be done, before an image is looked at.</summary>
    /// <param name="request">What is to be mounted.</param>
    /// <param name="engine">Who serves it.</param>
    /// <param name="options">How it will be mounted.</param>
    /// <returns>Null where it was not asked for.</returns>
    /// <exception cref="FuseMountException">It was asked for and cannot be.</exception>
    /// <exception cref="OptionException">An option does not go with it.</exception>
    internal static Passthrough? Prepare(MountRequest request, EngineOptions engine, FuseMountOptions options)
    {
        if (!engine.PassesThrough)
        {
            return null;
        }

        if (options.Transport == FuseTransport.Ring)
        {
            throw new OptionException("passthrough", "cannot be combined with transport=uring");
        }

        var prepared = new Passthrough(request, options.CachesOnce);
        try
        {
            BackingMounts.Try();
            return prepared;
        }
        catch (EngineException e)
        {
            throw prepared.Refusal(e.Message);
        }
    }

    /// <summary>Starts who gives Linux files for this process, which is about to give up the right to.</summary>
    /// <returns>The socket to it.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal FileDescriptor StartProcess()
    {
        var process = BackingProcess.Start(_bypassesCache);
        _store = process;
        return process.Socket;
    }

    /// <summary>The files of a tree.</summary>
    /// <exception cref="FuseMountException">It can be none of this tree.</exception>
    internal IBackingFiles Open(FileSystem tree) => tree.MayChange
        ? throw Refusal("what it shows may change while it is mounted")
        : new PassedFiles(tree, _store ??= new BackingStore(_bypassesCache));

    /// <inheritdoc/>
    public void Dispose() => _store?.Dispose();

    private FuseMountException Refusal(string reason) => new($"{_request.PublicImage}: passthrough: {reason}");
}
