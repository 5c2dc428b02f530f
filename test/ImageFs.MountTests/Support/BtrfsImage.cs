namespace ImageFs.MountTests.Support;

/// <summary>Btrfs images of a test's own: made by mkfs.btrfs, filled by this kernel.</summary>
internal static class BtrfsImage
{
    /// <summary>The driver's name.</summary>
    public const string Type = "btrfs";

    private const string DefaultSize = "256M";

    /// <summary>Makes an image with one of everything that Btrfs records (Native/fill-btrfs.py).</summary>
    /// <param name="image">Its file.</param>
    /// <param name="options">mkfs.btrfs's options, between spaces.</param>
    /// <param name="mountOptions">The options that it is mounted with while it is filled.</param>
    public static void MakeFull(string image, string options = "", string mountOptions = "")
    {
        Need.Program("python3", "python3");
        Make(image, mount => Fill(mount), options, mountOptions);
    }

    /// <summary>Makes an image, and has a test fill it while it is mounted.</summary>
    public static void Make(string image, Action<KernelMount> fill, string options = "", string mountOptions = "", string size = DefaultSize)
    {
        Need.Program("mkfs.btrfs", "btrfs-progs");
        Tool.Shell("truncate -s \"$3\" \"$1\" && exec mkfs.btrfs -q $2 \"$1\"", image, options, size).Succeeded();
        Change(image, fill, mountOptions);
    }

    /// <summary>Mounts an image once more, to change it.</summary>
    public static void Change(string image, Action<KernelMount> change, string mountOptions = "")
    {
        using var device = new LoopDevice(image);
        using var mount = new KernelMount(device.Path, Type, mountOptions.Length == 0 ? "rw" : $"rw,{mountOptions}");
        change(mount);
    }

    /// <summary>Puts one of everything into a mounted volume.</summary>
    public static void Fill(KernelMount mount) =>
        Tool.Run("python3", Path.Combine(AppContext.BaseDirectory, "Native", "fill-btrfs.py"), mount.Directory).Succeeded();
}
