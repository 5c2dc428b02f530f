namespace ImageFs.FileSystems.Iso9660;

/// <summary>What <c>imagefs info</c> tells of an ISO 9660 file system.</summary>
internal static class Iso9660Description
{
    public static ImageDescription Make(Iso9660Volume volume) => new ImageDescription("iso9660")
        .With("block-size", (long)volume.BlockSize)
        .With("size", volume.ToAddress(volume.Shown.Volume.VolumeSpaceSize));
}
