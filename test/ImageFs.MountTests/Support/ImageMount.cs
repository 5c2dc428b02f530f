using System.Diagnostics;
using System.Globalization;
using ImageFs.MountTests.Oracles;

namespace ImageFs.MountTests.Support;

/// <summary>An image that is mounted for a test, in a folder of its own, and unmounted at its end, pass or fail.</summary>
internal sealed class ImageMount : IDisposable
{
    private readonly TestFolder _folder = new();

    private ImageMount(string image)
    {
        Need.Fuse();
        Need.Root();
        Image = image;
        Directory = _folder.CreateDirectory("mnt");
    }

    public string Image { get; }

    /// <summary>Where it is mounted.</summary>
    public string Directory { get; }

    /// <summary>The process, when it was started in the foreground.</summary>
    public Process? Server { get; private set; }

    /// <summary>What the program said while it mounted.</summary>
    public ToolResult? Said { get; private set; }

    public bool IsMounted => MountTable.IsMounted(Directory);

    /// <summary>Bytes of memory that the server has of its own (RssAnon); it was started in the foreground.</summary>
    public long AnonymousMemory
    {
        get
        {
            string line = File.ReadLines($"/proc/{Server!.Id}/status").First(line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
            return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
        }
    }

    /// <summary>A path below the mount.</summary>
    public string this[string path] => System.IO.Path.Combine(Directory, path);

    /// <summary>A directory to mount an image on, for tests that mount it their own way.</summary>
    public static ImageMount Prepare(string image) => new(image);

    /// <summary>Mounts as a person does: the program returns when the tree is there.</summary>
    public static ImageMount Mount(string image, string options = "")
    {
        var mount = new ImageMount(image);
        try
        {
            mount.Said = ImageFsProgram.Run(["mount", image, mount.Directory, .. Options(options)]).Succeeded();
            Assert.That(mount.IsMounted, "the program returned before the mount was there");
            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Mounts with the server as this process's child; other programs may be put in front, such as strace.</summary>
    /// <param name="image">The image.</param>
    /// <param name="options">Mount options.</param>
    /// <param name="awaitAnswer">Whether to wait until the mount answers, and not only until it is in the table.</param>
    /// <param name="wrapper">The program to put in front, with its arguments.</param>
    public static ImageMount MountInForeground(string image, string options = "", bool awaitAnswer = true, params IEnumerable<string> wrapper)
    {
        var mount = new ImageMount(image);
        try
        {
            string[] command = [.. wrapper, ImageFsProgram.Path, "mount", "-f", image, mount.Directory, .. Options(options)];
            mount.Server = Process.Start(Tool.Start(command[0], command[1..]))!;
            Eventually(() => mount.IsMounted || mount.Server.HasExited);
            Assert.That(mount.IsMounted, () => mount.Server.StandardError.ReadToEnd());
            if (awaitAnswer)
            {
                Tool.Run("stat", mount[".."], mount["."]).Succeeded();
            }

            return mount;
        }
        catch
        {
            mount.Dispose();
            throw;
        }
    }

    /// <summary>Tries to mount, for what should not succeed.</summary>
    public static (ToolResult Said, bool Mounted) TryMount(string image, string options = "")
    {
        using ImageMount mount = Prepare(image);
        ToolResult said = ImageFsProgram.Run(["mount", image, mount.Directory, .. Options(options)]);
        return (said, mount.IsMounted);
    }

    /// <summary>Waits for something that has to come soon; whether it did.</summary>
    public static bool Eventually(Func<bool> condition)
    {
        var since = Stopwatch.StartNew();
        while (!condition())
        {
            if (since.Elapsed > Limits.Soon)
            {
                return false;
            }

            Thread.Sleep(20);
        }

        return true;
    }

    /// <summary>What the mounted tree holds.</summary>
    public TreeListing List() => TreeWalker.List(Directory);

    public ToolResult Unmount() => ImageFsProgram.Run("umount", Directory);

    public void Dispose()
    {
        if (IsMounted)
        {
            TryQuietly("umount", Directory);
        }

        if (IsMounted)
        {
            Abort();
            TryQuietly("umount", "-l", Directory);
        }

        if (Server is { HasExited: false } && !Server.WaitForExit(Limits.Soon))
        {
            Server.Kill(entireProcessTree: true);
        }

        Server?.Dispose();
        _folder.Dispose();
    }

    /// <summary>Ends the connection from the kernel's side.</summary>
    public void Abort() => FuseConnections.Abort(Directory);

    private static string[] Options(string options) => options.Length == 0 ? [] : ["-o", options];

    private static void TryQuietly(string file, params string[] arguments)
    {
        try
        {
            Tool.CleanUp(file, arguments);
        }
        catch (TimeoutException e)
        {
            TestContext.Error.WriteLine(e.Message);
        }
    }
}
