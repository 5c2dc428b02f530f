using ImageFs.Confinement;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Mounting;

/// <summary>
/// Puts the server of a mount into its sandbox, before it reads a byte of an image: what takes rights is done, or prepared, before.
/// </summary>
/// <param name="request">What is to be mounted.</param>
/// <param name="context">What the image will be opened with, its options not taken yet.</param>
/// <param name="log">Takes warnings, a line each.</param>
internal sealed class ServerSandbox(MountRequest request, OpenContext context, Action<string> log)
{
    /// <summary>Whether the image is a folder of images.</summary>
    internal required bool IsTree { get; init; }

    /// <summary>Whether other processes are to read the images of a folder, one for each user who owns some.</summary>
    internal required bool HasReaders { get; init; }

    /// <summary>Whether somebody is to take the mount away if its server dies.</summary>
    internal required bool IsWatched { get; init; }

    /// <summary>Who has Linux mount the image by itself; null where only a server was asked for.</summary>
    internal required KernelMount? Kernel { get; init; }

    /// <summary>Who has Linux read files by itself; null where all are served.</summary>
    internal required Passthrough? Passthrough { get; init; }

    /// <summary>Opens the images, has a keeper ready for the mount, and gives up all rights that are not needed after that.</summary>
    /// <param name="wanted">How much is to be given up; null when nobody said.</param>
    /// <param name="options">How and where will be mounted.</param>
    /// <param name="files">Takes the image files that it opens.</param>
    /// <returns>The options to mount with, and what to open the image with.</returns>
    /// <exception cref="LinuxException">A file cannot be opened, or a right not be given up.</exception>
    /// <exception cref="FuseMountException">It cannot be mounted there.</exception>
    internal (FuseMountOptions Options, OpenContext Context) Enter(SandboxLevel? wanted, FuseMountOptions options, OpenedFiles files)
    {
        // All of them: some of the context's are taken already.
        SandboxRequest subject = SandboxRequest.Of([request.Image, .. request.Further], OptionList.Parse(request.Options)) with
        {
            IsTree = IsTree,
            HasRings = options.Transport == FuseTransport.Ring,
            HasReaders = HasReaders,
        };
        SandboxLevel level = wanted ?? Sandbox.Usual;
        if (IsTree && level == SandboxLevel.Strict)
        {
            // The others may read whatever links lead to.
            IReadOnlyList<string>?[] links = [.. subject.Paths.Select(FolderLinks.TryFind)];
            subject = subject with { Files = [.. subject.Files, .. links.SelectMany(found => found ?? [])], MayHaveLinks = links.Contains(null) };
        }
        else if (!IsTree && level != SandboxLevel.Off)
        {
            Array.ForEach([.. subject.Paths], files.Add);
        }

        var sandbox = Sandbox.Choose(level, subject);
        if (request.IsVerbose || (wanted is not null && sandbox.Level != level))
        {
            log(sandbox.Text);
        }

        if (sandbox.Level == SandboxLevel.Off)
        {
            // A device is held by one at a time.
            files.Dispose();
            return (options, context);
        }

        context.ReadAhead(subject.HasRemote);
        var duties = new KeeperDuties
        {
            IsWatched = IsWatched,
            PidFile = PidFile.FullPath(request.PidFile),
            MadeDirectory = request.MadeDirectory,
            Folders = [.. context.Cache.Folders],
            UsersCommand = [.. Background.Self, MountUsersReport.Word],
            ReaderCommand = HasReaders ? LibraryReader.CommandFor(sandbox.Level, request.Image, request.Options) : [],
        };
        options = MountKeeper.Prepare(Background.TakeKeeper(request.Directory).Socket, options, duties);
        options = subject.HasRings ? options with { Rings = new RingSupply() } : options;
        sandbox.Enter(subject with { Sender = Kernel?.StartMounter(options.MountPoint) ?? Passthrough?.StartProcess() });
        return (options, context with { Schemes = [files, .. LocationScheme.All], Cache = context.Cache.With(options.Keeper!.MakeUnnamed) });
    }
}
