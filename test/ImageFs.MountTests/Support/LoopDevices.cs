namespace ImageFs.MountTests.Support;

/// <summary>The images of one file system as loop devices, until the end of their test.</summary>
internal sealed class LoopDevices : IDisposable
{
    // Who has some and waits for more keeps them from others who do the same: only one at a time collects.
    private static readonly Lock s_collecting = new();

    private readonly List<LoopDevice> _devices = [];

    /// <summary>Attaches images, in their order.</summary>
    /// <param name="images">Their files.</param>
    /// <param name="options">More of losetup's options for each, such as "-r".</param>
    public LoopDevices(IEnumerable<string> images, params string[] options)
    {
        lock (s_collecting)
        {
            try
            {
                _devices.AddRange(images.Select(image => new LoopDevice(image, options)));
            }
            catch
            {
                Dispose();
                throw;
            }
        }
    }

    /// <summary>The devices, in the order of the images.</summary>
    public LoopDevice[] All => [.. _devices];

    /// <summary>The options of mount(8) for a Btrfs of all of them, by the first.</summary>
    /// <param name="options">More options.</param>
    public string OptionsOfFirst(params IEnumerable<string> options) =>
        string.Join(',', [.. options.Where(word => word.Length > 0), .. _devices.Skip(1).Select(device => $"device={device.Path}")]);

    public void Dispose()
    {
        if (_devices.Count > 1)
        {
            // Btrfs remembers which device had which member. Where such a member is missing in the next mount, and its device's number has become
            // another file system's, this kernel takes that for part of the mount, and gives the mount the other one's UUID (find_fsid_by_device).
            Tool.CleanUp("btrfs", ["device", "scan", "--forget", .. _devices.Select(device => device.Path)]);
        }

        _devices.ForEach(device => device.Dispose());
        _devices.Clear();
    }
}
