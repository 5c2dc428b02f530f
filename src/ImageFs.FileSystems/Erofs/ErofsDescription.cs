using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>What to say about a file system to people.</summary>
internal static class ErofsDescription
{
    /// <summary>The name of the format.</summary>
    public const string Format = "erofs";

    /// <summary>What tells the volume from others.</summary>
    public static VolumeIdentity Identify(SuperBlock super) => new(Format, ByteText.FromBytes(super.Label), Uuid(super.Uuid));

    /// <summary>What to say about it.</summary>
    /// <param name="volume">The file system.</param>
    /// <param name="root">Its root directory.</param>
    public static ImageDescription Make(ErofsVolume volume, NodeId root)
    {
        Geometry geometry = volume.Geometry;
        (long Contents, long Stored)? sizes = ContentSizes.Count(volume, root);
        return new ImageDescription(Format)
            .With("label", ByteText.FromBytes(geometry.Label))
            .With("uuid", Uuid(geometry.Uuid))
            .With("size", geometry.Length)
            .With("block-size", (long)geometry.BlockSize)
            .With("created", FindTime(geometry))
            .With("inodes", (long)Math.Min(geometry.Inodes, long.MaxValue))
            .With("contents", sizes?.Contents)
            .With("contents-stored", sizes?.Stored)
            .With("compression", string.Join(", ", volume.Compressors.Names))
            .With("features", Features.Name(geometry.Compatible, geometry.Incompatible))
            .With("devices", volume.Devices.Count == 0 ? null : (long)volume.Devices.Count + 1)
            .With("missing-devices", volume.Devices.Count(device => device.IsMissing) is > 0 and var missing ? (long)missing : null);
    }

    private static string Uuid(Guid uuid) => uuid == Guid.Empty ? string.Empty : uuid.ToString();

    private static DateTimeOffset? FindTime(Geometry geometry)
    {
        long seconds = unchecked(geometry.Epoch + geometry.BuildTime);
        return seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : null;
    }
}
