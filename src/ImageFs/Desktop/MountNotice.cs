using ImageFs.Commands;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using Tmds.DBus.Protocol;

namespace ImageFs.Desktop;

/// <summary>
/// The notification of a mount: this program started once more, which shows it for as long as the mount lasts, and does what users ask for
/// by it. It ends when the mount does, or when the notification is closed.
/// </summary>
internal static class MountNotice
{
    // The word that makes one of a process, before the mount point.
    private const string NoticeWord = "--notice";
    private const string Icon = "media-optical";
    private const string ErrorIcon = "dialog-error";
    private const string UnmountKey = "unmount";

    // A click on the notification itself; some servers show a button for it.
    private const string OpenKey = "default";

    /// <summary>Starts the notification of a mount, where the session has a bus.</summary>
    /// <param name="directory">The mount point.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static void Start(string directory) =>
        ChildProcess.StartServer([.. Background.Self, NoticeWord, directory], standardError: null);

    /// <summary>In the process that shows it: its whole life.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [NoticeWord, var directory])
        {
            return false;
        }

        Run(directory);
        return true;
    }

    /// <summary>Tells an error, where there is a server of notifications.</summary>
    /// <param name="name">What could not be opened.</param>
    /// <param name="message">Why not.</param>
    internal static void TellError(string name, string message)
    {
        try
        {
            TellErrorAsync(PrintableText.Of(name), PrintableText.Of(message)).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DBusExceptionBase or TimeoutException)
        {
            // It was told on standard error as well.
        }
    }

    // By itself, for the library of the bus to be loaded only when it is.
    private static void Run(string directory)
    {
        Processes.Detach();
        Environment.CurrentDirectory = "/";
        try
        {
            RunAsync(directory).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is DBusExceptionBase or TimeoutException)
        {
            // The session has ended, or its server of notifications: the mount goes on without.
        }
    }

    private static async Task TellErrorAsync(string name, string message)
    {
        using SessionBus? bus = await SessionBus.TryConnectAsync().ConfigureAwait(false);
        if (bus is not null && await NotificationServer.TryReachAsync(bus).ConfigureAwait(false) is { } server)
        {
            await server.ShowAsync(new Notification(ErrorIcon, $"{name} cannot be opened", message)).ConfigureAwait(false);
        }
    }

    private static async Task RunAsync(string directory)
    {
        using SessionBus? bus = await SessionBus.TryConnectAsync().ConfigureAwait(false);
        if (bus is null || await NotificationServer.TryReachAsync(bus).ConfigureAwait(false) is not { } server)
        {
            return;
        }

        if (MountedImage.At(directory) is not { } mount || Mounts.DeviceAt(directory) is not { } device)
        {
            return;
        }

        // An image that is opened again has one already.
        if (!await bus.TryTakeNameAsync($"Mount{device.Major}_{device.Minor}").ConfigureAwait(false))
        {
            return;
        }

        string name = PrintableText.Of(Path.GetFileName(directory));
        var notification = new Notification(Icon, name, $"{PrintableText.Of(Path.GetFileName(mount.Image))} is mounted, read-only.")
        {
            Actions = [(OpenKey, "Open"), (UnmountKey, "Unmount")],
        };
        uint id = await server.ShowAsync(notification).ConfigureAwait(false);
        using var ended = new CancellationTokenSource();
        var watcher = new Thread(() => WaitForEnd(directory, device, ended)) { IsBackground = true };
        watcher.Start();
        try
        {
            await foreach (NotificationEvent happened in server.Events.ReadAllAsync(ended.Token).ConfigureAwait(false))
            {
                if (happened.Id != id)
                {
                    continue;
                }

                switch (happened.Action)
                {
                    case null:
                        return;
                    case OpenKey:
                        _ = await FileManager.TryShowAsync(directory).ConfigureAwait(false);
                        break;
                    case UnmountKey when TryUnmount(mount) is { } problem:
                        await server.CloseAsync(id).ConfigureAwait(false);
                        Notification inUse = notification with { Summary = $"{name} is in use", Body = PrintableText.Of(problem) };
                        id = await server.ShowAsync(inUse).ConfigureAwait(false);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            await server.CloseAsync(id).ConfigureAwait(false);
        }
    }

    // What stands in the way; null when it is unmounted.
    private static string? TryUnmount(MountedImage mount)
    {
        try
        {
            UnmountCommand.Unmount(mount.Directory, lazy: false);
            return null;
        }
        catch (FuseMountException e)
        {
            return e.Message;
        }
    }

    private static void WaitForEnd(string directory, DeviceNumber device, CancellationTokenSource ended)
    {
        Mounts.WaitForEnd(directory, device);
        ended.Cancel();
    }
}
