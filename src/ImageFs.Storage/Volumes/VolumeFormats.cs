using ImageFs.Storage.Containers.Optical;
using ImageFs.Storage.Volumes.BitLocker;
using ImageFs.Storage.Volumes.Luks;
using ImageFs.Storage.Volumes.Lvm;
using ImageFs.Storage.Volumes.Md;

namespace ImageFs.Storage.Volumes;

/// <summary>The volume formats that the program reads, in the order in which they are tried.</summary>
public static class VolumeFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<VolumeFormat> All { get; } = [new DiscTracks(), new MdFormat(), new LvmFormat(), new LuksFormat(), new BitLockerFormat(), new GuidPartitionTable(), new MasterBootRecord(), new ApplePartitionMap()];

    /// <summary>All formats, and those that the caller has beside them.</summary>
    public static IReadOnlyList<VolumeFormat> Of(OpenContext context) =>
        context.AddedFormats.Count == 0 ? All : [.. All, .. context.AddedFormats.OfType<VolumeFormat>()];
}
