using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What to say about a volume to people.</summary>
internal static class NtfsDescription
{
    /// <summary>The name of the format.</summary>
    public const string Format = "ntfs";

    /// <summary>What tells the volume from others.</summary>
    public static VolumeIdentity Identify(NtfsVolume volume) =>
        new(Format, VolumeInformation.Read(volume).Label, $"{volume.Geometry.SerialNumber:X16}");

    public static ImageDescription Make(NtfsVolume volume)
    {
        Geometry geometry = volume.Geometry;
        VolumeIdentity identity = Identify(volume);
        VolumeInformation information = VolumeInformation.Read(volume);
        return new ImageDescription(Format)
            .With("label", identity.Label)
            .With("uuid", identity.Uuid)
            .With("version", information.Version)
            .With("size", geometry.Length)
            .With("sector-size", (long)geometry.SectorSize)
            .With("cluster-size", (long)geometry.ClusterSize)
            .With("file-records", volume.Table.Count)
            .With("file-record-size", (long)geometry.RecordSize)
            .With("index-record-size", (long)geometry.IndexRecordSize)
            .With("state", information.IsDirty ? "dirty" : "clean");
    }
}
