using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>Has Linux mount an image by itself, where that was asked for (<c>-o engine=kernel</c>) or loses nothing (<c>-o engine=auto</c>).</summary>
internal sealed class KernelMount : IDisposable
{
    private const int LookedAtNames = 64;

    private readonly MountRequest _request;
    private readonly EngineMount? _mount;
    private readonly string _reason;
    private KernelMounter? _mounter;

    private KernelMount(MountRequest request, EngineMount? mount, string reason)
    {
        _request = request;
        _mount = mount;
        _reason = reason;
    }

    /// <summary>Makes all ready that takes rights, before an image is looked at.</summary>
    /// <param name="request">What is to be mounted.</param>
    /// <param name="engine">Who serves it.</param>
    /// <param name="options">How it would be mounted by a server.</param>
    /// <returns>Null where only a server was asked for.</returns>
    /// <exception cref="FuseMountException">It was asked for and cannot be.</exception>
    /// <exception cref="OptionException">An option takes a server, and none was asked for.</exception>
    internal static KernelMount? Prepare(MountRequest request, EngineOptions engine, FuseMountOptions options)
    {
        if (engine.Engine == Engine.Fuse)
        {
            return null;
        }

        try
        {
            RefuseOptions(engine, options, request);
            var how = new EngineRequest(MountedImage.SourceOf(options.Source, request.MadeDirectory is not null))
            {
                Manifest = new ManifestOptions { CopyLimit = engine.CopyLimit },
                Flags = options.Flags,
                BypassesCache = options.CachesOnce,
                SecurityContexts = ContextsOf(options),
            };
            return new KernelMount(request, EngineMount.Begin(how), string.Empty);
        }
        catch (Exception e) when (engine.Engine == Engine.Auto && e is EngineException or OptionException)
        {
            return new KernelMount(request, null, e.Message);
        }
        catch (EngineException e)
        {
            throw Refusal(request, e);
        }
    }

    /// <summary>Starts who mounts for this process, which is about to give up the right to.</summary>
    /// <param name="directory">The directory, absolute.</param>
    /// <returns>The socket to it; null where nothing is to be mounted.</returns>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal FileDescriptor? StartMounter(string directory)
    {
        _mounter = _mount is null ? null : KernelMounter.Start(_mount.Request, _mount.Way, directory, _request.MadeDirectory is not null);
        return _mounter?.Socket;
    }

    /// <summary>Mounts an image, if it is to be mounted so.</summary>
    /// <param name="source">What is mounted; closed if this mounts it.</param>
    /// <param name="log">Takes warnings, a line each.</param>
    /// <returns>False when a server has to serve it.</returns>
    /// <exception cref="FuseMountException">It was asked for and cannot be.</exception>
    /// <exception cref="ImageException">The image is damaged, or has files that cannot be told to Linux.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    internal bool TryMount(MountSource source, Action<string> log)
    {
        if (source.Engine.Engine == Engine.Kernel)
        {
            try
            {
                Mount(source, log);
                return true;
            }
            catch (EngineException e)
            {
                throw Refusal(_request, e);
            }
        }

        if (WhyNot(source) is not { } reason)
        {
            return true;
        }

        if (_request.IsVerbose)
        {
            log($"{_request.PublicImage}: served over FUSE: {reason}");
        }

        return false;
    }

    /// <summary>Leaves the mount to itself.</summary>
    internal void Keep() => _mounter?.Keep();

    /// <summary>Takes the mount away that nobody wants any more.</summary>
    /// <param name="directory">The directory.</param>
    internal void Undo(string directory)
    {
        if (_mounter is null)
        {
            FuseUnmount.Run(directory, lazy: false);
            _ = _request.MadeDirectory is { } unwanted ? FileWriting.TryRemoveFolder(unwanted) : Errno.None;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mounter?.Dispose();
        _mount?.Dispose();
    }

    private string? WhyNot(MountSource source)
    {
        if (_mount is null)
        {
            return _reason;
        }

        try
        {
            if (FindCaseInsensitive(source.FileSystem) is { } name)
            {
                return $"names are found whatever their case ({name}), and Linux would not find them";
            }

            Mount(source, warn: null);
            return null;
        }
        catch (Exception e) when (e is EngineException or ImageException or LinuxException)
        {
            return e.Message;
        }
    }

    /// <param name="source">What is mounted.</param>
    /// <param name="warn">Takes what is not as it was; null where nothing may be lost.</param>
    private void Mount(MountSource source, Action<string>? warn)
    {
        using var pause = CollectionPause.Begin();
        EngineMount mount = _mount!;
        ManifestSummary summary = mount.Read(source.FileSystem);
        if (summary.Copied > 0)
        {
            warn?.Invoke($"{ByteSize.Text(summary.Copied)} of files that do not lie in the image as they are were copied into memory");
        }

        if (summary.LostAttributes > 0)
        {
            string lost = $"{summary.LostAttributes} extended attributes have no place in EROFS";
            (warn ?? throw new EngineException(lost))($"{lost} and are left out");
        }

        if (_mounter is not null)
        {
            mount.MountBy(summary, _mounter.Mount);
        }
        else
        {
            mount.MountOn(summary, source.Options.MountPoint);
        }

        source.Options.Keeper?.KeepDirectory();
        source.Dispose();
    }

    private static FuseMountException Refusal(MountRequest request, EngineException e) =>
        new($"{request.PublicImage}: {e.Message}; -o engine=fuse has a server do it");

    private static (string Option, string Value)[] ContextsOf(FuseMountOptions options)
    {
        var contexts = OptionList.Parse(options.SecurityContexts);
        return [.. contexts.Names.ToArray().Select(name => (name, contexts.TakeValue(name)!))];
    }

    private static void RefuseOptions(EngineOptions engine, FuseMountOptions options, MountRequest request)
    {
        if (FileDevice.FindDescriptor(options.MountPoint) is not null)
        {
            throw new EngineException("whoever mounted that descriptor waits for a server");
        }

        string? option = options switch
        {
            _ when engine.PassesThrough => "passthrough",
            { IdleTimeout: not null } => "timeout",
            { AllowRoot: true } => "allow_root",
            { ForceReply: not null } => "reply",
            { Transport: not FuseTransport.Device } => "transport",
            _ when request.Debug => "debug",
            _ when request.PidFile is not null => "pid-file",
            _ => null,
        };
        if (option is not null)
        {
            throw new OptionException(option, "takes a server, and with engine=kernel there is none");
        }
    }

    // A name of the root directory that is also found in the other case; null when there is none, or that cannot be told.
    private static string? FindCaseInsensitive(FileSystem fileSystem)
    {
        foreach (NamedNode entry in DirectoryContents.Read(fileSystem, fileSystem.Root).Entries.Take(LookedAtNames))
        {
            byte[] other = [.. entry.Name.Select(letter => char.IsAsciiLetter((char)letter) ? (byte)(letter ^ 0x20) : letter)];
            if (!other.AsSpan().SequenceEqual(entry.Name) && fileSystem.TryLookup(fileSystem.Root, other, out NodeId found) && found == entry.Node)
            {
                return ByteText.FromBytes(entry.Name);
            }
        }

        return null;
    }
}
