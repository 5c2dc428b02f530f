using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Mounting;

/// <summary>Has Linux mount an image by itself, where that was asked for (<c>-o engine=kernel</c>) or loses nothing (<c>-o engine=auto</c>).</summary>
internal static class KernelMount
{
    private const int LookedAtNames = 64;

    /// <summary>Mounts it, if it is to be mounted so.</summary>
    /// <param name="source">What is mounted; closed if this mounts it, and opened anew if it had to be closed for Linux to try.</param>
    /// <param name="request">How it was asked for.</param>
    /// <param name="log">Takes warnings, a line each.</param>
    /// <returns>False when a server has to serve it.</returns>
    /// <exception cref="FuseMountException">It was asked for and cannot be.</exception>
    /// <exception cref="OptionException">An option takes a server, and none was asked for.</exception>
    /// <exception cref="ImageException">The image is damaged, or has files that cannot be told to Linux.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    internal static bool TryMount(ref MountSource source, MountRequest request, Action<string> log)
    {
        switch (source.Engine.Engine)
        {
            case Engine.Kernel:
                RefuseOptions(source, request);
                try
                {
                    Mount(source, request, log);
                    return true;
                }
                catch (EngineException e)
                {
                    throw new FuseMountException($"{request.PublicImage}: {e.Message}; -o engine=fuse has a server do it");
                }

            case Engine.Auto:
                if (WhyNot(source, request) is not { } reason)
                {
                    return true;
                }

                if (source.IsClosed)
                {
                    source = MountSource.Open(request, log, isServer: false);
                }

                if (request.IsVerbose)
                {
                    log($"{request.PublicImage}: served over FUSE: {reason}");
                }

                return false;
            default:
                return false;
        }
    }

    private static string? WhyNot(MountSource source, MountRequest request)
    {
        try
        {
            RefuseOptions(source, request);
            if (FindCaseInsensitive(source.FileSystem) is { } name)
            {
                return $"names are found whatever their case ({name}), and Linux would not find them";
            }

            Mount(source, request, warn: null);
            return null;
        }
        catch (Exception e) when (e is EngineException or ImageException or OptionException or LinuxException)
        {
            return e.Message;
        }
    }

    /// <param name="source">What is mounted.</param>
    /// <param name="asked">How it was asked for.</param>
    /// <param name="warn">Takes what is not as it was; null where nothing may be lost.</param>
    private static void Mount(MountSource source, MountRequest asked, Action<string>? warn)
    {
        FuseMountOptions options = source.Options;
        if (FileDevice.FindDescriptor(options.MountPoint) is not null)
        {
            throw new EngineException("whoever mounted that descriptor waits for a server");
        }

        var request = new EngineRequest(MountedImage.SourceOf(options.Source, asked.MadeDirectory is not null))
        {
            Manifest = new ManifestOptions { CopyLimit = source.Engine.CopyLimit },
            Flags = options.Flags,
            BypassesCache = options.CachesOnce,
            SecurityContexts = ContextsOf(options),
        };
        using var pause = CollectionPause.Begin();
        using var mount = EngineMount.Prepare(source.FileSystem, request);
        if (mount.Summary.Copied > 0)
        {
            warn?.Invoke($"{ByteSize.Text(mount.Summary.Copied)} of files that do not lie in the image as they are were copied into memory");
        }

        if (mount.Summary.LostAttributes > 0)
        {
            string lost = $"{mount.Summary.LostAttributes} extended attributes have no place in EROFS";
            (warn ?? throw new EngineException(lost))($"{lost} and are left out");
        }

        if (mount.NeedsDevices)
        {
            source.Dispose();
        }

        mount.MountOn(options.MountPoint);
        source.Dispose();
    }

    private static (string Option, string Value)[] ContextsOf(FuseMountOptions options)
    {
        var contexts = OptionList.Parse(options.SecurityContexts);
        return [.. contexts.Names.ToArray().Select(name => (name, contexts.TakeValue(name)!))];
    }

    private static void RefuseOptions(MountSource source, MountRequest request)
    {
        string? option = source.Options switch
        {
            _ when source.Engine.PassesThrough => "passthrough",
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
