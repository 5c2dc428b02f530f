using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Devices;

/// <summary>The devices of a file system beside the one with its super block.</summary>
internal static class DeviceTable
{
    /// <summary>Reads the table, and finds the devices that it is of.</summary>
    /// <param name="primary">The device with the super block.</param>
    /// <param name="geometry">What the super block says.</param>
    /// <param name="given">Those that the user gave, in the order of the table.</param>
    /// <param name="findByTag">Finds one that nobody gave, by its tag; null when it is nowhere.</param>
    /// <param name="warn">Called with what is missing.</param>
    /// <exception cref="ImageException">The table is damaged, or there are more devices than it has.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static IReadOnlyList<DataDevice> Read(
        BlockSource primary, Geometry geometry, IReadOnlyList<BlockSource> given, Func<string, BlockSource?> findByTag, Action<string> warn)
    {
        int count = geometry.ExtraDevices;
        if (given.Count > count)
        {
            warn(count == 0
                ? "the file system lies on no further device: those that were given are not used"
                : $"the file system lies on {count} further devices, and {given.Count} were given: the last ones are not used");
        }

        if (count == 0)
        {
            return [];
        }

        if (geometry.DeviceTable > primary.Length - ((long)count * DeviceSlot.Size))
        {
            throw new TruncatedImageException(geometry.DeviceTable, primary.Length);
        }

        var devices = new List<DataDevice>(count);
        Span<byte> bytes = stackalloc byte[DeviceSlot.Size];
        for (int i = 0; i < count; i++)
        {
            primary.ReadAt(geometry.DeviceTable + ((long)i * DeviceSlot.Size), bytes);
            var slot = new DeviceSlot(bytes, geometry.Incompatible.HasFlag(IncompatibleFeatures.Blocks48));
            string tag = slot.Tag;
            long length = geometry.AddressOf(slot.Blocks);
            BlockSource? source = i < given.Count ? given[i] : tag.Length > 0 ? findByTag(tag) : null;
            if (source is null)
            {
                warn($"device {i + 1}{(tag.Length == 0 ? string.Empty : $", \"{tag}\",")} of the file system is missing: what lies on it cannot be read (-o device=FILE gives it)");
            }

            devices.Add(new DataDevice(source ?? new MissingDevice(i + 1, length, tag), geometry.AddressOf(slot.FirstBlock), length, tag, slot.Blocks));
        }

        return devices;
    }
}
