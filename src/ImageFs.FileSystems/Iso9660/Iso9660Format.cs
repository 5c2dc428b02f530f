using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660.ElTorito;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>ISO 9660 (ECMA-119) with Joliet and Rock Ridge.</summary>
internal sealed class Iso9660Format : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "iso9660";

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)).IsRecognised;

    /// <inheritdoc/>
    public override bool ProbeAt(BlockSource source, OptionList options)
    {
        if (!options.Names.Contains("sbsector"))
        {
            return false;
        }

        var isoOptions = new Iso9660Options(options.Copy());
        return VolumeDescriptorSet.Read(source, Sessions.FindStart(source, isoOptions)).IsRecognised;
    }

    /// <inheritdoc/>
    public override bool IsOfDiscs => true;

    /// <inheritdoc/>
    public override IReadOnlyList<long> FindInnerVolumes(BlockSource source) =>
        VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)).BootRecord is { } record ? BootCatalog.FindImages(source, record) : [];

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) =>
        VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)).Primary is { } primary
            ? (long)primary.Volume.VolumeSpaceSize * primary.Volume.LogicalBlockSize
            : 0;

    /// <inheritdoc/>
    protected override string? FindOverwritten(BlockSource source) =>
        VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)).Primary is { } primary ? RootCheck.FindProblem(source, primary) : null;

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var isoOptions = new Iso9660Options(context.Options);
        long start = Sessions.FindStart(source, isoOptions);
        long shift = Sessions.FindShift(source, start, isoOptions);
        BlockSource disc = shift == 0 ? source : new SessionSource(source, shift);
        var volume = new Iso9660Volume(disc, VolumeDescriptorSet.Read(disc, start + shift), isoOptions, context);
        VolumeLength.WarnIfCut(disc, volume.ToAddress(volume.Shown.Volume.VolumeSpaceSize), context.Warn);
        return FilmFileSystem.Apply(new Iso9660FileSystem(volume), source);
    }
}
