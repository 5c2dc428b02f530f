using System.Text;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Manifest;
using ImageFs.Manifest.Engine;

namespace ImageFs.Mounting;

/// <summary>
/// This program started once more, to have Linux mount what a process in a sandbox has read. It reads no byte of an image: what is mounted how and where
/// is said on its command line, before an image is looked at, and the manifest and its devices come as open descriptors
/// (<see cref="EngineMounter"/>). It takes the mount back unless it hears that it is wanted.
/// </summary>
internal sealed class KernelMounter : IDisposable
{
    // The word that makes such a process.
    private const string Word = "--mounter";

    // What it is told, a byte each; the first two with a descriptor.
    private const byte ManifestMark = 1;
    private const byte DeviceMark = 2;
    private const byte MountMark = 3;
    private const byte KeepMark = 4;

    // Of its answer, which is why it did not mount; nothing where it did.
    private const int MaxAnswer = 8192;

    private const string Ended = "the process that mounts has ended";

    private readonly ChildProcess _process;

    private KernelMounter(FileDescriptor socket, ChildProcess process)
    {
        Socket = socket;
        _process = process;
    }

    /// <summary>The socket to it.</summary>
    internal FileDescriptor Socket { get; }

    /// <summary>Starts it.</summary>
    /// <param name="request">How it mounts.</param>
    /// <param name="way">How Linux may be given files here.</param>
    /// <param name="directory">The directory, absolute.</param>
    /// <param name="isMade">Whether the directory was made for the mount, and goes where nobody wants that.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static KernelMounter Start(EngineRequest request, EngineWay way, string directory, bool isMade)
    {
        Processes.KeepDescriptors();
        string[] words =
        [
            directory, $"{isMade}", $"{way}", request.Source, $"{request.Manifest.CopyLimit}", $"{(int)request.Flags}", $"{request.BypassesCache}",
            .. request.SecurityContexts.Select(context => $"{context.Option}={context.Value}"),
        ];
        (FileDescriptor socket, ChildProcess process) = Background.StartBeside([Word, .. words]);
        return new KernelMounter(socket, process);
    }

    /// <summary>Has it mount.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="devices">Its devices.</param>
    /// <exception cref="EngineException">It cannot.</exception>
    internal void Mount(FileDescriptor manifest, IReadOnlyList<FileDescriptor> devices)
    {
        byte[] answer = new byte[MaxAnswer];
        int count;
        try
        {
            Sockets.Send(Socket, [ManifestMark], manifest);
            foreach (FileDescriptor device in devices)
            {
                Sockets.Send(Socket, [DeviceMark], device);
            }

            FileWriting.Append(Socket, [MountMark]);
            Sockets.Receive(Socket, answer, out count)?.Dispose();
        }
        catch (LinuxException e)
        {
            throw new EngineException(Ended, e);
        }

        string reason = count == 0 ? Ended : Encoding.UTF8.GetString(answer, 1, count - 1);
        if (reason.Length > 0)
        {
            throw new EngineException(reason);
        }
    }

    /// <summary>Tells it that the mount is wanted. One that has ended leaves it, too.</summary>
    internal void Keep() => _ = Descriptors.Write(Socket, [KeepMark], out _);

    /// <summary>Lets it end, and take back what nobody wants.</summary>
    public void Dispose()
    {
        // In the sandbox the socket cannot be closed.
        Sockets.ShutDown(Socket);
        _process.Wait();
    }

    /// <summary>In that process: its whole life.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [Word, var directory, var made, var way, var source, var limit, var flags, var bypasses, .. var contexts])
        {
            return false;
        }

        var request = new EngineRequest(source)
        {
            Manifest = new ManifestOptions { CopyLimit = long.Parse(limit) },
            Flags = (MountFlags)int.Parse(flags),
            BypassesCache = bypasses == bool.TrueString,
            SecurityContexts = [.. contexts.Select(context => context.Split('=', 2)).Select(pair => (pair[0], pair[1]))],
        };
        Serve(request, Enum.Parse<EngineWay>(way), directory, made == bool.TrueString);
        return true;
    }

    private static void Serve(EngineRequest request, EngineWay way, string directory, bool isMade)
    {
        if (TakeManifest() is not { } given)
        {
            return;
        }

        string reason = TryMount(given.Manifest, given.Devices, way, request, directory);
        byte[] answer = [0, .. Encoding.UTF8.GetBytes(reason)];
        Descriptors.Write(Descriptors.StandardInput, answer.AsSpan(0, Math.Min(answer.Length, MaxAnswer)), out _);
        if (reason.Length == 0 && !IsKept())
        {
            FuseUnmount.Run(directory, lazy: true);
            _ = isMade ? FileWriting.TryRemoveFolder(directory) : Errno.None;
        }
    }

    // What is to be mounted; null where the other end has closed, or says anything else.
    private static (FileDescriptor Manifest, List<FileDescriptor> Devices)? TakeManifest()
    {
        FileDescriptor? manifest = null;
        var devices = new List<FileDescriptor>();
        Span<byte> mark = stackalloc byte[1];
        while (true)
        {
            FileDescriptor? descriptor = Sockets.Receive(Descriptors.StandardInput, mark, out int count);
            switch (count > 0 ? mark[0] : 0)
            {
                case ManifestMark when manifest is null && descriptor is not null:
                    manifest = descriptor;
                    break;
                case DeviceMark when devices.Count < EngineMounter.MaxDevices && descriptor is not null:
                    devices.Add(descriptor);
                    break;
                case MountMark when manifest is not null && descriptor is null:
                    return (manifest, devices);
                default:
                    return null;
            }
        }
    }

    private static string TryMount(FileDescriptor manifest, List<FileDescriptor> devices, EngineWay way, EngineRequest request, string directory)
    {
        try
        {
            EngineMounter.MountCopy(manifest, devices, way, request, directory);
            return string.Empty;
        }
        catch (Exception e) when (e is EngineException or LinuxException)
        {
            return e.Message;
        }
    }

    private static bool IsKept()
    {
        Span<byte> mark = stackalloc byte[1];
        return Descriptors.Read(Descriptors.StandardInput, mark, out _) == 1 && mark[0] == KeepMark;
    }
}
