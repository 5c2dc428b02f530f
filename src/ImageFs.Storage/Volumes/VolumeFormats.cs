using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Storage.Volumes;

/// <summary>The volume formats that the program reads, in the order in which they are tried.</summary>
public static class VolumeFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<VolumeFormat> All { get; } = [new DiscTracks(), new GuidPartitionTable(), new MasterBootRecord(), new ApplePartitionMap()];
}
