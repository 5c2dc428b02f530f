using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Erofs;

/// <summary>What to say about a file system to people.</summary>
internal static class ErofsDescription
{
    /// <summary>The name of the format.</summary>
    public const string Format = "erofs";

    /// <summary>What tells the volume from others.</summary>
    public static VolumeIdentity Identify(SuperBlock super) => new(Format, ByteText.FromBytes(super.Label), Uuid(super.Uuid));

    /// <summary>What to say about it.</summary>
    public static ImageDescription Make(ErofsVolume volume)
    {
        Geometry geometry = volume.Geometry;
        return new ImageDescription(Format)
            .With("label", ByteText.FromBytes(geometry.Label))
            .With("uuid", Uuid(geometry.Uuid))
            .With("size", geometry.Length)
            .With("block-size", (long)geometry.BlockSize)
            .With("created", FindTime(geometry))
            .With("inodes", (long)Math.Min(geometry.Inodes, long.MaxValue))
            .With("compression", string.Join(", ", volume.Compressors.Names))
            .With("features", Features.Name(geometry.Compatible, geometry.Incompatible))
            .With("devices", volume.Devices.Count == 0 ? null : (long)volume.Devices.Count + 1);
    }

    private static string Uuid(Guid uuid) => uuid == Guid.Empty ? string.Empty : uuid.ToString();

    private static object? FindTime(Geometry geometry)
    {
        long seconds = unchecked(geometry.Epoch + geometry.BuildTime);
        return seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }
}
