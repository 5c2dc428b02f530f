using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Devices;

/// <summary>The devices of a file system beside the one with its super block.</summary>
internal static class DeviceTable
{
    /// <summary>The tags of the devices; empty where one has none.</summary>
    /// <param name="primary">The device with the super block.</param>
    /// <param name="geometry">What the super block says.</param>
    /// <exception cref="ImageException">The image ends before the table.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static IReadOnlyList<string> ReadTags(BlockSource primary, Geometry geometry)
    {
        byte[] table = ReadTable(primary, geometry);
        return [.. Enumerable.Range(0, geometry.ExtraDevices).Select(number => SlotOf(table, number, geometry).Tag)];
    }

    /// <summary>Reads the table, and finds the devices that it is of.</summary>
    /// <param name="primary">The device with the super block.</param>
    /// <param name="geometry">What the super block says.</param>
    /// <param name="given">Those that were found, in the order of the table; an empty source for each that was not.</param>
    /// <param name="notice">Called with what is missing.</param>
    /// <exception cref="ImageException">The image ends before the table.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static IReadOnlyList<DataDevice> Read(BlockSource primary, Geometry geometry, IReadOnlyList<BlockSource> given, Action<string> notice)
    {
        byte[] table = ReadTable(primary, geometry);
        var devices = new List<DataDevice>(geometry.ExtraDevices);
        int missing = 0;
        string? firstMissing = null;
        while (devices.Count < geometry.ExtraDevices)
        {
            DeviceSlot slot = SlotOf(table, devices.Count, geometry);
            long length = geometry.AddressOf(slot.Blocks);
            BlockSource? source = devices.Count < given.Count && given[devices.Count].Length > 0 ? given[devices.Count] : null;
            missing += source is null ? 1 : 0;
            firstMissing ??= source is null ? NameOf(devices.Count, slot.Tag) : null;
            BlockSource contents = source ?? new MissingDevice(NameOf(devices.Count, slot.Tag), length);
            devices.Add(new DataDevice(contents, geometry.AddressOf(slot.FirstBlock), length, slot.Blocks) { IsMissing = source is null });
        }

        if (firstMissing is not null)
        {
            string more = missing > 1 ? $", and so are {missing - 1} more" : string.Empty;
            notice($"{firstMissing} is missing{more}: what lies there cannot be read (-o device=FILE gives a device, in the order of the table)");
        }

        return devices;
    }

    private static string NameOf(int number, string tag) => $"device {number + 1} of the file system{(tag.Length == 0 ? string.Empty : $" (\"{tag}\")")}";

    private static DeviceSlot SlotOf(byte[] table, int number, Geometry geometry) =>
        new(table.AsSpan(number * DeviceSlot.Size, DeviceSlot.Size), geometry.Incompatible.HasFlag(IncompatibleFeatures.Blocks48));

    private static byte[] ReadTable(BlockSource primary, Geometry geometry)
    {
        int length = geometry.ExtraDevices * DeviceSlot.Size;
        if (geometry.DeviceTable > primary.Length - length)
        {
            throw new TruncatedImageException(geometry.DeviceTable, primary.Length);
        }

        byte[] table = new byte[length];
        primary.ReadAt(geometry.DeviceTable, table);
        return table;
    }
}
