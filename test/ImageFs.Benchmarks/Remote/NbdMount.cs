using System.Diagnostics;
using ImageFs.Benchmarks.Comparison;
using ImageFs.Benchmarks.Mounting;

namespace ImageFs.Benchmarks.Remote;

/// <summary>An image of an NBD server, mounted in one of several ways until it is disposed.</summary>
internal sealed class NbdMount : IDisposable
{
    private const string ImageFsKept = "imagefs";
    private const string ImageFsOnce = "imagefs, cache=none";
    private const string Nbdfuse = "nbdfuse, loop, kernel";
    private const string Qemu = "qemu-storage-daemon, loop, kernel";

    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(20);

    private readonly Process? _server;
    private readonly LoopDevice? _loop;
    private readonly string? _file;

    /// <param name="settings">The program under test.</param>
    /// <param name="tools">Where to mount.</param>
    /// <param name="peer">One of <see cref="Peers"/>.</param>
    /// <param name="socket">Where the server is.</param>
    public NbdMount(Settings settings, Tools tools, string peer, string socket)
    {
        string uri = $"nbd+unix:///?socket={socket}";
        Root = Directory.CreateDirectory(tools.MountPoint).FullName;
        try
        {
            if (peer is ImageFsKept or ImageFsOnce)
            {
                Command.Run(settings.ImageFs, "mount", uri, Root, "-o", peer == ImageFsOnce ? "cache=none" : "cache=shared");
                return;
            }

            _file = Path.Combine(tools.Folder, "nbd.file");
            File.WriteAllBytes(_file, []);
            _server = peer == Nbdfuse
                ? Process.Start("nbdfuse", [_file, uri])
                : Process.Start(
                    "qemu-storage-daemon",
                    [
                        "--blockdev", $"driver=nbd,node-name=n,server.type=unix,server.path={socket},read-only=on",
                        "--blockdev", "driver=raw,node-name=f,file=n,read-only=on", "--export", $"type=fuse,id=e,node-name=f,mountpoint={_file},writable=off",
                    ]);
            if (!SpinWait.SpinUntil(() => new FileInfo(_file).Length > 0 || _server.HasExited, s_start))
            {
                throw new InvalidOperationException($"{peer} does not start");
            }

            _loop = new LoopDevice(_file);
            Command.Run("mount", "-t", "ext4", "-o", "ro,noload", _loop.Path, Root);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Who can mount it.</summary>
    public static IReadOnlyList<string> Peers { get; } = [ImageFsKept, ImageFsOnce, Nbdfuse, Qemu];

    /// <summary>Where it is mounted.</summary>
    public string Root { get; }

    /// <summary>A path below the mount.</summary>
    public string this[string path] => Path.Combine(Root, path);

    /// <summary>Whether what a peer needs is installed.</summary>
    public static bool IsThere(string peer) => peer is ImageFsKept or ImageFsOnce || Command.Exists(peer == Nbdfuse ? "nbdfuse" : "qemu-storage-daemon");

    /// <inheritdoc/>
    public void Dispose()
    {
        Command.Try("timeout", "20", "umount", Root);
        _loop?.Dispose();
        if (_server is not null)
        {
            Command.Try("timeout", "20", "umount", _file!);
            _server.Kill();
            _server.WaitForExit();
            _server.Dispose();
            Command.Try("umount", "-l", _file!);
        }
    }
}
