namespace ImageFs.MountTests.Support;

/// <summary>The kernel's side of FUSE mounts (Documentation/filesystems/fuse.rst).</summary>
internal static class FuseConnections
{
    private const string Folder = "/sys/fs/fuse/connections";
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);
    private static readonly Lock s_mounting = new();

    /// <summary>Ends a mount's connection: whoever waits for its server gets an error.</summary>
    public static void Abort(string directory)
    {
        int minor = MountTable.DeviceMinor(directory) ?? throw new InvalidOperationException($"{directory} is not mounted");
        lock (s_mounting)
        {
            if (!MountTable.IsMounted(Folder))
            {
                Child.Run(Child.Start("mount", "-t", "fusectl", "fusectl", Folder), s_limit).Succeeded();
            }
        }

        File.WriteAllText($"{Folder}/{minor}/abort", "1");
    }
}
