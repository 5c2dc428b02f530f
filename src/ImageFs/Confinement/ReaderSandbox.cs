using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Containers;

namespace ImageFs.Confinement;

/// <summary>
/// The sandbox of a command that reads images without mounting them. What takes rights later is left to a <see cref="MountKeeper"/> that mounts nothing:
/// the file that the command writes, and files without a name for what is kept.
/// </summary>
internal sealed class ReaderSandbox : IDisposable
{
    private readonly OpenedFiles _files = new();
    private MountKeeper? _keeper;
    private ChildProcess? _process;

    private ReaderSandbox()
    {
    }

    /// <summary>Opens the images, has a keeper ready, and gives up all rights that are not needed after that.</summary>
    /// <param name="wanted">How much is to be given up; null when nobody said.</param>
    /// <param name="options">The options, none taken.</param>
    /// <param name="images">The images.</param>
    /// <param name="plan">What is done besides.</param>
    /// <param name="context">What the images will be opened with.</param>
    /// <param name="log">Takes a line on what was given up, where that is not what was wanted; null for nobody.</param>
    /// <param name="isVerbose">Whether the line is wanted anyway.</param>
    /// <exception cref="ImageException">The location of an image is none.</exception>
    /// <exception cref="LinuxException">A file cannot be opened, or a right not be given up.</exception>
    internal static ReaderSandbox Enter(
        SandboxLevel? wanted, OptionList options, IEnumerable<string> images, ReadingPlan plan, OpenContext context, Action<string>? log, bool isVerbose)
    {
        var entered = new ReaderSandbox();
        SandboxLevel level = wanted ?? Sandbox.Usual;
        SandboxRequest request = SandboxRequest.Of([.. images, .. plan.Images], options);
        request = request with { Files = [.. request.Files, .. plan.Files], Target = plan.Target, Keeps = plan.Keeps };
        if (level != SandboxLevel.Off && NativeStart.IsHere)
        {
            foreach (string path in request.Paths)
            {
                entered._files.Add(path);
            }
        }

        var sandbox = Sandbox.Choose(level, request);
        if (sandbox.Level != SandboxLevel.Off)
        {
            try
            {
                entered.StartKeeper(plan, context.Cache);
            }
            catch (LinuxException e)
            {
                sandbox = Sandbox.None($"a second process is needed for it, and cannot be started ({e.Message})");
            }
        }

        if (isVerbose || (wanted is not null && sandbox.Level != level))
        {
            log?.Invoke(sandbox.Text);
        }

        if (sandbox.Level == SandboxLevel.Off)
        {
            // A device is held by one at a time.
            entered._files.Dispose();
            return entered;
        }

        context.ReadAhead(request.HasRemote);
        sandbox.Enter(request);
        if (plan.Output is { } output)
        {
            output.Keeper = entered._keeper;
        }

        return entered;
    }

    /// <summary>Has a keeper ready, and gives up all rights that are not needed to read images that come as open files.</summary>
    /// <param name="level">How much is to be given up.</param>
    /// <param name="request">What they are.</param>
    /// <param name="cache">Where is kept what is dear to read again.</param>
    /// <exception cref="LinuxException">A right cannot be given up.</exception>
    internal static ReaderSandbox Enter(SandboxLevel level, SandboxRequest request, CacheFolder cache)
    {
        var entered = new ReaderSandbox();
        entered.StartKeeper(ReadingPlan.Nothing, cache);
        Sandbox.Choose(level, request).Enter(request);
        return entered;
    }

    /// <summary>What images are opened with here.</summary>
    internal OpenContext Apply(OpenContext context) => _keeper is null
        ? context
        : context with { Schemes = [_files, .. LocationScheme.All], Cache = context.Cache.With(_keeper.MakeUnnamed) };

    /// <summary>Has the folder that was made for copies stay, though nothing may come to be in it.</summary>
    internal void KeepTarget() => _keeper?.KeepDirectory();

    /// <summary>Closes what nobody asked for, and lets the second process end.</summary>
    public void Dispose()
    {
        _files.Dispose();
        _keeper?.Dispose();
        _process?.Wait();
    }

    // A folder to copy to has to be there for a rule that allows it. It is removed where nothing of an image came to be copied.
    private void StartKeeper(ReadingPlan plan, CacheFolder cache)
    {
        (FileDescriptor socket, _process) = Background.TakeKeeper(string.Empty);
        bool isMade = plan.Target is { } target && FileWriting.TryMakeFolder(target) == Errno.None;
        var duties = new KeeperDuties
        {
            Folders = [.. cache.Folders],
            NewFile = plan.Output?.Path,
            UnfinishedFile = plan.Output?.UnfinishedPath,
            MadeDirectory = isMade ? Paths.Full(plan.Target!) : null,
        };
        _keeper = MountKeeper.PrepareWithoutMount(socket, duties);
    }
}
