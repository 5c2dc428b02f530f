using ImageFs.FileSystems.Erofs.Devices;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Erofs;

/// <summary>EROFS, on one device or several.</summary>
internal sealed class ErofsFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => ErofsDescription.Format;

    /// <inheritdoc/>
    public override string Title => "EROFS";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new((int)SuperBlock.Address, (byte[])[0xE2, 0xE1, 0xF5, 0xE0])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".erofs", ".img"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => ErofsOptions.Help;

    /// <inheritdoc/>
    public override bool Probe(BlockSource source) => ProbeByReading(() =>
    {
        SuperBlock.Read(source, stackalloc byte[SuperBlock.FullSize]);
        return true;
    });

    /// <inheritdoc/>
    public override bool ProbeAt(BlockSource source, OptionList options) =>
        ErofsOptions.TakeOffset(options.Copy()) is > 0 and var offset && offset < source.Length && Probe(From(source, offset));

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source) => SuperBlock.TryRead(source, stackalloc byte[SuperBlock.FullSize], out _);

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) =>
        ErofsDescription.Identify(SuperBlock.Read(source, stackalloc byte[SuperBlock.FullSize]));

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => new Geometry(SuperBlock.Read(source, stackalloc byte[SuperBlock.FullSize])).Length;

    /// <inheritdoc/>
    public override IReadOnlyList<string> FindDataDevices(BlockSource source) =>
        DeviceTable.ReadTags(source, new Geometry(SuperBlock.Read(source, stackalloc byte[SuperBlock.FullSize])));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) => OpenVolume([source], context);

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(IReadOnlyList<BlockSource> sources, OpenContext context)
    {
        BlockSource source = sources[0];
        var options = ErofsOptions.Take(context.Options);
        if (options.Offset > 0 && options.Offset >= source.Length)
        {
            throw new OptionException($"fsoffset={options.Offset}", $"the volume ends at {source.Length}");
        }

        BlockSource primary = options.Offset == 0 ? source : From(source, options.Offset);
        var geometry = new Geometry(SuperBlock.Read(primary, stackalloc byte[SuperBlock.FullSize]));
        VolumeLength.WarnIfCut(primary, geometry.Length, context.Warn);
        IReadOnlyList<DataDevice> devices = DeviceTable.Read(primary, geometry, [.. sources.Skip(1)], context.Notice);
        return new ErofsFileSystem(new ErofsVolume(primary, geometry, devices, context.Memory), options);
    }

    private static BlockSlice From(BlockSource source, long offset) => new(source, offset, source.Length - offset);
}
