using System.Runtime.InteropServices;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What $Volume says of the volume (linux-ntfs, $Volume).</summary>
/// <param name="Label">Its label; empty when it has none.</param>
/// <param name="Version">The version of NTFS: "3.1".</param>
/// <param name="IsDirty">Whether it was not unmounted properly, or is to be checked.</param>
internal sealed record VolumeInformation(string Label, string Version, bool IsDirty)
{
    private const int Length = 12;

    /// <summary>Reads it.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static VolumeInformation Read(NtfsVolume volume)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        FileRecord record = volume.ReadFile(SystemFiles.Volume, buffer.Span);
        string label = string.Empty;
        VolumeInformation? information = null;
        using var scan = new AttributeScan(volume, record);
        while (scan.MoveNext())
        {
            AttributeRecord attribute = scan.Current;
            if (attribute.Is(AttributeType.VolumeName) && !attribute.IsNonResident)
            {
                label = MemoryMarshal.Cast<byte, char>(attribute.Value).ToString();
            }
            else if (attribute.Is(AttributeType.VolumeInformation) && !attribute.IsNonResident && attribute.Value.Length >= Length)
            {
                information = new VolumeInformation(label, $"{attribute.Value[8]}.{attribute.Value[9]}", (attribute.Value[10] & 1) != 0);
            }
        }

        return information ?? throw record.Damaged("it does not tell the version of the volume", "linux-ntfs, $Volume");
    }
}
