using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>NTFS.</summary>
internal sealed class NtfsFormat : FileSystemFormat
{
    /// <inheritdoc/>
    public override string Name => NtfsDescription.Format;

    /// <inheritdoc/>
    public override string Title => "NTFS";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["ntfs3"];

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(3, "NTFS    ")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".raw"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => NtfsOptions.Help;

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[BootSector.Length];
        return TryRead(source, bytes) && new BootSector(bytes).FindProblem() is null;
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[BootSector.Length];
        return TryRead(source, bytes) && (new BootSector(bytes).HasMark || BootSectors.TryReadCopy(source, bytes, out _));
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source) => new Geometry(new BootSector(BootSectors.Read(source, static _ => { }))).Length;

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) => NtfsDescription.Identify(Load(source, ForLook()));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context)
    {
        var options = new NtfsOptions(context.Options);
        NtfsVolume volume = Load(source, context);
        VolumeLength.WarnIfCut(source, volume.Geometry.Length, context.Warn);
        return new NtfsFileSystem(volume, options, context);
    }

    private static NtfsVolume Load(BlockSource source, OpenContext context) =>
        new(source, new BootSector(BootSectors.Read(source, context.Warn)), context.Memory, context.Warn);

    private static bool TryRead(BlockSource source, Span<byte> bytes)
    {
        if (source.Length < bytes.Length)
        {
            return false;
        }

        source.ReadAt(0, bytes);
        return true;
    }
}
