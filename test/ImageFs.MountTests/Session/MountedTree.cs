using ImageFs.Fuse;
using ImageFs.Tree;

namespace ImageFs.MountTests.Session;

/// <summary>A test tree mounted on a directory of its own; unmounted and removed when disposed, whatever happened.</summary>
internal sealed class MountedTree : IDisposable
{
    private readonly Thread _server;

    public MountedTree(FileSystem tree, Func<FuseMountOptions, FuseMountOptions>? change = null)
    {
        Directory = NewDirectory();
        FuseMountOptions options = Options(Directory);
        try
        {
            Session = FuseSession.Mount(tree, change is null ? options : change(options));
        }
        catch
        {
            Remove(Directory);
            throw;
        }

        _server = new Thread(Session.Wait) { IsBackground = true };
        _server.Start();
    }

    public string Directory { get; }

    public FuseSession Session { get; }

    public static string NewDirectory() => System.IO.Directory.CreateTempSubdirectory("imagefs-mount-").FullName;

    public static FuseMountOptions Options(string directory) => new()
    {
        MountPoint = directory,
        Source = "/test image",
        Log = line => TestContext.Progress.WriteLine(line),
    };

    /// <summary>Whether anything is mounted there; the mount is not touched.</summary>
    public static bool IsMounted(string directory) => File.ReadAllText("/proc/self/mountinfo").Contains($" {directory} ", StringComparison.Ordinal);

    public static void Remove(string directory)
    {
        Shell.Run($"while grep -q ' {directory} ' /proc/self/mountinfo; do umount -l '{directory}'; done; rmdir '{directory}'");
    }

    public void Dispose()
    {
        Session.Dispose();
        Remove(Directory);
    }
}
