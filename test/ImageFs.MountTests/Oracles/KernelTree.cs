using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>
/// What this kernel's own driver shows of an image that a test has made itself; of all others <see cref="LinuxReader"/> is asked.
/// </summary>
internal static class KernelTree
{
    /// <summary>The tree, mounted read-only.</summary>
    /// <param name="image">The image.</param>
    /// <param name="type">The driver's name as mount(2) has it.</param>
    /// <param name="options">Its mount options.</param>
    /// <param name="isWritable">Whether the driver may write, so that it recovers what a crash left; to a copy.</param>
    /// <param name="moreImages">Of a file system on several devices, the others.</param>
    public static TreeListing List(string image, string type, string options = "", bool isWritable = false, params IEnumerable<string> moreImages)
    {
        using var folder = new TestFolder();
        string[] images = [image, .. moreImages];
        if (isWritable)
        {
            images = [.. images.Select((path, i) => Copy(path, folder[$"{i}"]))];
        }

        var devices = new List<LoopDevice>();
        try
        {
            foreach (string path in images)
            {
                devices.Add(new LoopDevice(path, isWritable ? [] : ["-r"]));
            }

            string given = string.Join(',', devices.Skip(1).Select(device => $"device={device.Path}").Prepend(options).Prepend("ro").Where(word => word.Length > 0));
            using var mount = new KernelMount(devices[0].Path, type, given);
            return TreeWalker.List(mount.Directory);
        }
        finally
        {
            devices.ForEach(device => device.Dispose());
        }
    }

    private static string Copy(string image, string path)
    {
        Tool.Run("cp", "--sparse=always", image, path).Succeeded();
        return path;
    }
}
