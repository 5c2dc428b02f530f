namespace ImageFs.MountTests.Support;

/// <summary>NTFS images of a test's own: made by mkntfs, filled by ntfs-3g.</summary>
internal static class NtfsImage
{
    /// <summary>The name of Linux's driver.</summary>
    public const string Type = "ntfs3";

    /// <summary>The name of the driver outside of the kernel.</summary>
    public const string OtherType = "ntfs-3g";

    /// <summary>Makes an image without files.</summary>
    /// <param name="image">Its file.</param>
    /// <param name="options">Options of mkntfs, between spaces.</param>
    /// <param name="size">Its size, as truncate(1) has it.</param>
    public static void MakeEmpty(string image, string options = "", string size = "64M")
    {
        Need.Program("mkntfs", "ntfs-3g");
        Tool.Shell("truncate -s \"$3\" \"$1\" && exec mkntfs -Q -F -q $2 \"$1\"", image, options, size).Succeeded();
    }

    /// <summary>Makes an image with one of everything (Native/fill-ntfs.py).</summary>
    /// <param name="image">Its file.</param>
    /// <param name="options">Options of mkntfs, between spaces.</param>
    /// <param name="size">Its size, as truncate(1) has it.</param>
    /// <param name="words">What the script is to make.</param>
    public static void MakeFull(string image, string options = "", string size = "64M", string words = "names=500 links=80 extents=300")
    {
        Need.Program("python3", "python3");
        MakeEmpty(image, options, size);
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "fill-ntfs.py");
        Change(image, mount => Tool.Run("python3", [script, mount.Directory, .. words.Split(' ')]).Succeeded());
    }

    /// <summary>Has ntfs-3g mount an image to write to it.</summary>
    public static void Change(string image, Action<KernelMount> change)
    {
        using var device = new LoopDevice(image);
        using var mount = new KernelMount(device.Path, OtherType, "rw");
        change(mount);
    }

    /// <summary>What ntfs-3g shows of an image.</summary>
    public static Oracles.TreeListing List(string image, string options = "")
    {
        using var device = new LoopDevice(image, "-r");
        using var mount = new KernelMount(device.Path, OtherType, options.Length == 0 ? "ro" : $"ro,{options}");
        return Oracles.TreeWalker.List(mount.Directory);
    }
}
