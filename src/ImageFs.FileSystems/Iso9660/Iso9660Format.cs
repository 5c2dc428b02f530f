using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660.ElTorito;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>ISO 9660 (ECMA-119) with Joliet and Rock Ridge.</summary>
internal sealed class Iso9660Format : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => "iso9660";

    /// <inheritdoc/>
    public override string Title => "ISO 9660 with Joliet and Rock Ridge";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["iso"];

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0x8001, "CD001") { Places = 64, Step = 2048 }, new(0x8009, "CDROM") { Places = 64, Step = 2048 }];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".iso"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        new("norock", "do not use Rock Ridge"),
        new("nojoliet", "do not use Joliet"),
        new("map=n|o|a", "plain names: normal, off, acorn (default: n)"),
        new("check=r|s", "relaxed: lookups do not mind case; or strict"),
        new("uid=USER", "owner of files that have none"),
        new("gid=GROUP", "their group"),
        new("mode=OCTAL", "permissions of files that have none"),
        new("dmode=OCTAL", "permissions of directories that have none"),
        new("overriderockperm", "mode= and dmode= count for Rock Ridge too"),
        new("hide", "do not show hidden files"),
        new("unhide", "show hidden and associated files"),
        new("showassoc", "show associated files"),
        new("session=N", "the session of that number, from 0 (default: the last that is known)"),
        new("sbsector=N", "the session that begins at that sector"),
        new("shift=N", "the sector of the disc that the image begins with (default: found by trial)"),
        new("block=512|1024|2048", "accepted"),
        new("cruft", "the top byte of file sizes is garbage"),
        new("nocompress", "zisofs files as they are stored"),
        new("utf8", "Joliet names in UTF-8 (default)"),
        new("iocharset=utf8|iso8859-1|koi8-r|euc-jp|gb2312|big5", "the character set of Joliet names; any that Linux has (default: utf8)"),
    ];

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
    public override VolumeIdentity Identify(BlockSource source) =>
        Iso9660Description.Identify(VolumeDescriptorSet.Read(source, Sessions.FindDefault(source)));

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
