using ImageFs.Confinement;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Images.Library;
using ImageFs.Images.Nested;
using ImageFs.Images.Readers;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Keys;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>What a mount shows, opened, and how it was asked for.</summary>
internal sealed class MountSource : IDisposable
{
    private readonly ImageStack? _stack;

    private MountSource(ImageStack? stack, FileSystem fileSystem, FuseMountOptions options, EngineOptions engine, OpenContext context)
    {
        _stack = stack;
        FileSystem = fileSystem;
        Options = options;
        Engine = engine;
        Context = context;
    }

    /// <summary>The tree.</summary>
    internal FileSystem FileSystem { get; }

    /// <summary>How it is mounted by a server.</summary>
    internal FuseMountOptions Options { get; }

    /// <summary>Who serves it.</summary>
    internal EngineOptions Engine { get; }

    /// <summary>Who has Linux mount it by itself; null where only a server was asked for.</summary>
    internal KernelMount? Kernel { get; private init; }

    /// <summary>The processes that read the images of a folder; null where this one does.</summary>
    internal ImageReaders? Readers { get; private init; }

    /// <summary>Who has Linux read files by itself; null where all are served.</summary>
    internal Passthrough? Passthrough { get; private init; }

    /// <summary>What its layers were opened with: what they keep is there.</summary>
    internal OpenContext Context { get; }

    /// <summary>Whether somebody is to take the mount away if its server dies.</summary>
    internal bool IsWatched { get; private init; }

    /// <summary>Opens the image, and takes all options.</summary>
    /// <param name="request">What to mount.</param>
    /// <param name="log">Takes warnings, a line each.</param>
    /// <param name="isServer">
    /// Whether this process is to serve it, and gives up its rights before it looks at an image (<see cref="ServerSandbox"/>).
    /// </param>
    /// <exception cref="ImageException">The image cannot be read.</exception>
    /// <exception cref="LinuxException">A system call failed.</exception>
    /// <exception cref="FuseMountException">It cannot be mounted so.</exception>
    /// <exception cref="OptionException">An option is unknown or not valid.</exception>
    internal static MountSource Open(MountRequest request, Action<string> log, bool isServer)
    {
        string mountPoint = Paths.Full(request.Directory);
        var options = OptionList.Parse(request.Options);
        bool isWatched = options.TakeFlag("auto_unmount") || request.MadeDirectory is not null;
        var engine = EngineOptions.Take(options);
        SandboxLevel? sandbox = Sandbox.Take(options);
        bool isTree = options.TakeFlag("tree");
        NestedOptions? nested = NestedOptions.Take(options);

        // The images of a folder are opened later, when the terminal is somebody else's.
        var keys = new OptionKeys(options, isTree ? null : new KeyPrompt());
        var context = new OpenContext(options, log) { Keys = keys, ShowTransfer = total => TransferBar.Show(total, request.HasTerminal) };
        var location = ImageLocation.Parse(request.Image);
        if (!isTree && location.IsPath && Paths.IsFolder(location.Outer))
        {
            throw new FuseMountException($"{request.Image}: is a folder; mount --tree shows every image in it");
        }

        if (isTree && request.Further.Count > 0)
        {
            throw new FuseMountException($"{request.Further[0]}: mount --tree takes one folder");
        }

        using var files = new OpenedFiles();
        FuseMountOptions? confined = null;
        ImageReaders? readers = null;
        FuseMountOptions planned = SessionOptions.Take(options.Copy(), ResolveSource(location), mountPoint, Ignore) with { Log = log };
        KernelMount? kernel = isServer ? KernelMount.Prepare(request, engine, planned) : null;
        Passthrough? passthrough = isServer ? Passthrough.Prepare(request, engine, planned) : null;
        if (isServer)
        {
            bool hasReaders = isTree && nested is null && LibraryReader.Can(options);
            var server = new ServerSandbox(request, context, log) { IsTree = isTree, HasReaders = hasReaders, IsWatched = isWatched, Kernel = kernel, Passthrough = passthrough };
            (confined, context) = server.Enter(sandbox, planned, files);
            readers = hasReaders && confined.Keeper is { } keeper ? new ImageReaders(keeper.StartReader) : null;
        }

        ImageStack? stack = isTree ? null : ImageStack.Open([request.Image, .. request.Further], context);
        try
        {
            FuseMountOptions mountOptions = SessionOptions.Take(options, ResolveSource(location), mountPoint, request.IsFromMount ? Ignore : log);
            mountOptions = confined ?? mountOptions;
            FileSystem fileSystem = stack?.OpenFileSystem() ?? OpenLibrary(location.Join(location.Outer), context, mountPoint, nested is not null, readers);
            fileSystem = nested is null ? fileSystem : new NestedTree(fileSystem, request.PublicImage, context, nested);
            if (!request.IsSloppy)
            {
                KnownFormats.RefuseRest(options);
            }

            if (!isTree)
            {
                keys.Dispose();
            }

            if (mountOptions.Transport == FuseTransport.Ring && stack is { HasRemote: true })
            {
                // A queue's thread that waits for a server would have all of its processor wait.
                log("transport=uring is not used: the image is on a server");
                mountOptions = mountOptions with { Transport = FuseTransport.Device };
            }

            mountOptions = mountOptions with { Decoded = context.Memory.Decoded, Log = log, Trace = request.Debug ? Log.WriteTrace : null };
            return new MountSource(stack, fileSystem, mountOptions, engine, context) { IsWatched = isWatched, Kernel = kernel, Passthrough = passthrough, Readers = readers };
        }
        catch
        {
            stack?.Dispose();
            confined?.Keeper?.RemoveDirectory();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stack?.Dispose();
        Readers?.Dispose();
        Passthrough?.Dispose();
        Options.Keeper?.Dispose();
    }

    // The mount point may be in the folder.
    private static ImageLibrary OpenLibrary(string folder, OpenContext context, string mountPoint, bool hasNested, ImageReaders? readers) => hasNested
        ? new ImageLibrary(folder, context, mountPoint) { MaxCount = NestedTree.MaxCountOfOuter }
        : new ImageLibrary(folder, context, mountPoint) { Readers = readers };

    private static void Ignore(string line)
    {
    }

    // What /proc/mounts and df show: the file behind a descriptor, not the descriptor.
    private static string ResolveSource(ImageLocation location)
    {
        if (!location.IsPath || location.Outer == PipedImage.StandardInput)
        {
            return location.PublicName;
        }

        string path = Paths.Full(location.Outer);
        string? target = Paths.ReadLink(path) is null ? null : Paths.Resolve(path);
        return location.Join(target ?? path);
    }
}
