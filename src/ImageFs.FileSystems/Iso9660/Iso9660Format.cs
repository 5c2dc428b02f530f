using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>ISO 9660 (ECMA-119) with Joliet and Rock Ridge.</summary>
internal sealed class Iso9660Format : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "iso9660";

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)).IsRecognised;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, MountOptions options, Action<string> warn)
    {
        var isoOptions = new Iso9660Options(options);
        long start = Sessions.FindStart(source, isoOptions);
        var volume = new Iso9660Volume(source, VolumeDescriptorSet.Read(source, start), isoOptions, warn);
        VolumeLength.WarnIfCut(source, volume.ToAddress(volume.Shown.Volume.VolumeSpaceSize), warn);
        return new Iso9660FileSystem(volume);
    }
}
