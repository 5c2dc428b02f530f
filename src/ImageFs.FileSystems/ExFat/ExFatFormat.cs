using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.ExFat;

/// <summary>exFAT.</summary>
internal sealed class ExFatFormat : FileSystemFormat
{
    /// <summary>The name of Linux's driver.</summary>
    public const string LinuxName = "exfat";

    /// <inheritdoc/>
    public override string Name => LinuxName;

    /// <inheritdoc/>
    public override string Title => "exFAT";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(3, "EXFAT   ")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        .. ClusterOptions.Shared,
        .. ClusterOptions.Accepted,
        new("keep_last_dots", "keep the dots at the end of names"),
    ];

    /// <inheritdoc/>
    public override bool Probe(BlockSource source)
    {
        if (source.Length < BootSector.Length)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[BootSector.Length];
        source.ReadAt(0, bytes);
        return new BootSector(bytes).IsExFat;
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source)
    {
        Span<byte> bytes = stackalloc byte[BootSector.Length];
        source.ReadAt(0, bytes);
        var boot = new BootSector(bytes);
        return boot.FindProblem() is null
            ? (long)Math.Min(boot.VolumeLength, (ulong)(long.MaxValue >> boot.BytesPerSectorShift)) << boot.BytesPerSectorShift
            : 0;
    }

    /// <inheritdoc/>
    /// <remarks>A table in its boot sector breaks the sum over the main boot region, which the backup makes up for.</remarks>
    protected override string? FindOverwritten(BlockSource source)
    {
        string? problem = null;
        BootRegion.Read(ClusterFileSystem.CacheFor(source, ForLook().Memory), stackalloc byte[BootSector.Length], warning => problem = warning);
        return problem;
    }

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) =>
        ExFatFileSystem.Identify(new ExFatVolume(source, ForLook()));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) =>
        new ExFatFileSystem(new ExFatVolume(source, context), new ExFatOptions(context.Options), context.Memory);
}
