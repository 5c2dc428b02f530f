using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Formats;
using ImageFs.Storage.Volumes.AndroidSuper;
using ImageFs.Storage.Volumes.BitLocker;
using ImageFs.Storage.Volumes.Luks;
using ImageFs.Storage.Volumes.Lvm;
using ImageFs.Storage.Volumes.Md;

namespace ImageFs.Storage.Volumes;

/// <summary>The volume formats that the program reads, in the order in which they are tried.</summary>
public static class VolumeFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<VolumeFormat> All { get; } = [new DiscTracks(), new MdFormat(), new LvmFormat(), new LuksFormat(), new BitLockerFormat(), new AndroidSuperFormat(), new GuidPartitionTable(), new MasterBootRecord(), new ApplePartitionMap()];

    /// <summary>
    /// Whether a source begins with the mark of something that makes volumes, without dividing disks. A mark at its end does not count: that of
    /// the disk may be there, too.
    /// </summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    internal static bool HasMember(BlockSource source)
    {
        var window = ProbeWindow.Over(source);
        return All.Any(format => !format.DividesDisks && format.Marks.Any(mark => mark.Address >= 0 && mark.IsIn(window)));
    }

    /// <summary>All formats, and those that the caller has beside them.</summary>
    public static IReadOnlyList<VolumeFormat> Of(OpenContext context) =>
        context.AddedFormats.Count == 0 ? All : [.. All, .. context.AddedFormats.OfType<VolumeFormat>()];
}
