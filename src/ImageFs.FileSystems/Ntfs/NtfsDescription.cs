using ImageFs.Linux;
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
        new(Format, VolumeInformation.Read(volume).Label, Uuid(volume));

    /// <summary>What to say about it.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="state">How it was left.</param>
    public static ImageDescription Make(NtfsVolume volume, VolumeState state)
    {
        Geometry geometry = volume.Geometry;
        string? version = state.Information?.Version;
        return new ImageDescription(Format)
            .With("label", state.Information?.Label)
            .With("uuid", Uuid(volume))
            .With("version", version)
            .With("size", geometry.Length)
            .With("sector-size", (long)geometry.SectorSize)
            .With("cluster-size", (long)geometry.ClusterSize)
            .With("file-records", volume.Table.Count)
            .With("file-record-size", (long)geometry.RecordSize)
            .With("index-record-size", (long)geometry.IndexRecordSize)
            .With("file-table", geometry.TableAddress)
            .With("file-table-pieces", (long)volume.Table.PieceCount)
            .With("log-version", state.LogVersion)
            .With("state", state.Text)
            .With("written-by", FindWriter(volume, state, version));
    }

    private static string Uuid(NtfsVolume volume) => $"{volume.Geometry.SerialNumber:X16}";

    // By what the versions of Windows have added to $Extend, and to the journal.
    private static string? FindWriter(NtfsVolume volume, VolumeState state, string? version) =>
        HasExtension(volume, "$Deleted") ? "Windows 10 of 2017, or later"
        : state.LogVersion.StartsWith('2') ? "Windows 8.1, or later"
        : HasExtension(volume, "$RmMetadata") ? "Windows Vista, or later"
        : version switch
        {
            "1.2" => "Windows NT 4, or earlier",
            "3.0" => "Windows 2000",
            _ => null,
        };

    private static bool HasExtension(NtfsVolume volume, string name)
    {
        try
        {
            return volume.FindExtension(name) is not null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // It is a hint.
            return false;
        }
    }
}
