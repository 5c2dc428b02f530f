using ImageFs.Storage;

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
    protected override FileSystem OpenVolume(BlockSource source, MountOptions options, Action<string> warn) =>
        Open(source, new ExFatOptions(options), warn);

    private static ExFatFileSystem Open(BlockSource source, ExFatOptions options, Action<string> warn) =>
        new(new ExFatVolume(source, options.CacheSize, warn), options);
}
