using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>The devices that files lie on, in the order in which they were found.</summary>
internal sealed class DeviceTable
{
    /// <summary>Bytes of a slot (erofs_deviceslot).</summary>
    public const int SlotLength = 128;

    /// <summary>Where the table is, in bytes: behind the super block.</summary>
    public const int Address = 1280;

    /// <summary>Devices at most: all slots lie in what is read of the manifest's first bytes anyway.</summary>
    public const int MaxCount = 1000;

    private readonly List<FileDevice> _devices = [];
    private readonly Dictionary<FileDevice, int> _numbers = [];

    /// <summary>The devices; the first has the number 1.</summary>
    public IReadOnlyList<FileDevice> Devices => _devices;

    /// <summary>Bytes of the table.</summary>
    public int Length => _devices.Count * SlotLength;

    /// <summary>The number of a device that is in the table, from 1 on.</summary>
    public int NumberOf(FileDevice device) => _numbers[device];

    /// <summary>Has a device in the table.</summary>
    /// <returns>False where there are too many.</returns>
    public bool TryAdd(FileDevice device)
    {
        if (_numbers.ContainsKey(device))
        {
            return true;
        }

        if (_devices.Count == MaxCount)
        {
            return false;
        }

        _devices.Add(device);
        _numbers.Add(device, _devices.Count);
        return true;
    }
}
