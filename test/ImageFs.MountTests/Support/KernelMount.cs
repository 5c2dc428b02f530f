namespace ImageFs.MountTests.Support;

/// <summary>A device that this kernel's own driver, or another one by mount(8), has mounted, until the end of its test.</summary>
internal sealed class KernelMount : IDisposable
{
    private readonly TestFolder _folder = new();

    public KernelMount(string device, string type, string options)
    {
        Need.FileSystem(type);
        Directory = _folder.CreateDirectory("mnt");
        ToolResult said = null!;

        // A program that looks at all block devices may have this one for a moment. Of a copy that was mounted just before, a program that another
        // test starts in mounts of its own may have it still: Btrfs knows both by one number, and says that the file exists.
        ImageMount.Eventually(() => (said = Tool.Run("mount", "-t", type, "-o", options, device, Directory)).ExitCode == 0
            || !(said.Error.Contains("busy", StringComparison.Ordinal) || said.Error.Contains("File exists", StringComparison.Ordinal)));
        if (said.ExitCode != 0)
        {
            _folder.Dispose();
        }

        said.Succeeded();
    }

    /// <summary>Where it is mounted.</summary>
    public string Directory { get; }

    /// <summary>A path below the mount.</summary>
    public string this[string path] => Path.Combine(Directory, path);

    public void Dispose()
    {
        // A program that another test starts has this process's files of the mount for the moment before it begins. What is taken away
        // lazily is written back at some time, and the image is wanted now.
        if (MountTable.IsMounted(Directory) && !ImageMount.Eventually(() => Tool.CleanUp("umount", Directory).ExitCode == 0))
        {
            Tool.CleanUp("umount", "-l", Directory).Succeeded();
        }

        _folder.Dispose();
    }
}
