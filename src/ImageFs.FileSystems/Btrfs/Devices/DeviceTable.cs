namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>The devices of a file system, those that are missing among them.</summary>
internal sealed class DeviceTable
{
    private readonly Dictionary<DeviceKey, MemberDevice> _devices = [];

    /// <summary>A device; one that nobody knows is missing.</summary>
    public MemberDevice Get(DeviceKey key)
    {
        if (!_devices.TryGetValue(key, out MemberDevice? device))
        {
            _devices[key] = device = new MemberDevice(key, null);
        }

        return device;
    }

    /// <summary>Adds a device in the place of one of the same key.</summary>
    public void Add(MemberDevice device) => _devices[device.Key] = device;
}
