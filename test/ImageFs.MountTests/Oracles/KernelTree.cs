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

        using var devices = new LoopDevices(images, isWritable ? [] : ["-r"]);
        using var mount = new KernelMount(devices.All[0].Path, type, devices.OptionsOfFirst("ro", options));
        return TreeWalker.List(mount.Directory);
    }

    private static string Copy(string image, string path)
    {
        Tool.Run("cp", "--sparse=always", image, path).Succeeded();
        return path;
    }
}
