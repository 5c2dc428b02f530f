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
    private const int MaxCount = 1000;

    private readonly List<FileDevice> _devices = [];

    /// <summary>The devices; the first has the number 1.</summary>
    public IReadOnlyList<FileDevice> Devices => _devices;

    /// <summary>Bytes of the table.</summary>
    public int Length => _devices.Count * SlotLength;

    /// <summary>The number of a device, from 1 on; 0 where there are too many.</summary>
    public int NumberOf(FileDevice device)
    {
        int index = _devices.IndexOf(device);
        if (index < 0 && _devices.Count < MaxCount)
        {
            index = _devices.Count;
            _devices.Add(device);
        }

        return index + 1;
    }
}
