namespace ImageFs.MountTests.Support;

/// <summary>An image as a loop device, until the end of its test.</summary>
internal sealed class LoopDevice : IDisposable
{
    private bool _attached;

    /// <summary>Attaches an image.</summary>
    /// <param name="image">Its file.</param>
    /// <param name="options">More of losetup's options, such as "-r", "-P", or "-o" with an offset.</param>
    public LoopDevice(string image, params IEnumerable<string> options)
    {
        Need.LoopDevices();
        ToolResult told = null!;

        // Others may hold all that there are for a while.
        ImageMount.Eventually(() => (told = Tool.Run("losetup", ["-f", "--show", .. options, image])).ExitCode == 0 || !IsNoneFree(told));
        Path = told.Succeeded().Text.Trim();
        _attached = true;
    }

    /// <summary>The device's node.</summary>
    public string Path { get; }

    /// <summary>The node of a partition of a device that was attached with "-P".</summary>
    public string Partition(int number)
    {
        string path = $"{Path}p{number}";
        if (!File.Exists(path))
        {
            // A kernel without partition tables of its own takes them from partx.
            Tool.Run("partx", "-a", Path).Succeeded();
        }

        return path;
    }

    // All are taken, or the one that was free has been taken meanwhile.
    private static bool IsNoneFree(ToolResult told) =>
        told.Error.Contains("find an unused loop device", StringComparison.Ordinal) || told.Error.Contains("resource busy", StringComparison.Ordinal);

    public void Detach()
    {
        Tool.CleanUp("losetup", "-d", Path).Succeeded();
        _attached = false;
    }

    public void Dispose()
    {
        if (_attached)
        {
            Detach();
        }
    }
}
