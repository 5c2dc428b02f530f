using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
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
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) =>
        new ExFatFileSystem(new ExFatVolume(source, context), new ExFatOptions(context.Options), context.Memory);
}
