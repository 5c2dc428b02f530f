using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;
using ImageFs.Storage.Formats;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Fat;

/// <summary>FAT12, FAT16 and FAT32 with long names.</summary>
internal sealed class FatFormat : FileSystemFormat
{
    /// <summary>The name of Linux's driver.</summary>
    public const string LinuxName = "vfat";

    /// <inheritdoc/>
    public override string Name => LinuxName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["msdos", "fat"];

    /// <inheritdoc/>
    public override string Title => "FAT12, FAT16 and FAT32 with long names";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".img", ".ima"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options =>
    [
        .. ClusterOptions.Shared,
        new("codepage=N", "the character set of short names (default: 437)"),
        new("check=r|s", "relaxed: lookups do not mind case; or strict"),
        new("shortname=lower|win95|winnt|mixed", "how short names show (default: mixed)"),
        new("nocase", "short names as they are recorded"),
        new("showexec", "only .exe, .com and .bat may be executed"),
        new("rodir", "the read-only mark counts for directories"),
        new("usefree", "statfs(2) believes the recorded count"),
        .. ClusterOptions.Accepted,
        new("uni_xlate", "accepted"),
        new("nonumtail", "accepted"),
    ];

    /// <inheritdoc/>
    /// <remarks>
    /// FAT has no magic number. The parameter block must make sense, and beside it either the type's name be there, or the jump and the
    /// signature; of what has these too, the type's name of HPFS and JFS tells them apart, as for blkid. Before DOS 4 and beside the PC (the
    /// Atari, MSX) there are none of these: then the table must begin as it has to, and the sizes agree.
    /// </remarks>
    public override bool Probe(BlockSource source)
    {
        if (source.Length < BootSector.Length)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[BootSector.Length];
        source.ReadAt(0, bytes);
        EarlyFloppy.Complete(source, bytes);
        var boot = new BootSector(bytes);
        return boot.FindProblem() is null
            && (IsFatType(boot.FileSystemType)
                || (!IsOtherType(boot.FileSystemType) && ((boot.HasJump && boot.HasSignature) || boot.AgreesWithTable(source))));
    }

    /// <inheritdoc/>
    public override bool Resembles(BlockSource source)
    {
        if (source.Length < BootSector.Length)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[BootSector.Length];
        source.ReadAt(0, bytes);
        var boot = new BootSector(bytes);
        return boot.HasJump && boot.HasSignature && boot.HasFatType;
    }

    /// <inheritdoc/>
    protected override long FindLength(BlockSource source)
    {
        var volume = new FatVolume(source, ForLook());
        return volume.TotalSectors * (long)volume.SectorSize;
    }

    /// <inheritdoc/>
    protected override string? FindOverwritten(BlockSource source) =>
        FatRemains.FindOverwritten(new FatVolume(source, ForLook()));

    /// <inheritdoc/>
    public override VolumeIdentity Identify(BlockSource source) =>
        FatFileSystem.Identify(new FatVolume(source, ForLook()), new FatOptions(new OptionList()));

    /// <inheritdoc/>
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) =>
        new FatFileSystem(new FatVolume(source, context), new FatOptions(context.Options), context.Memory);

    private static bool IsOtherType(ReadOnlySpan<byte> type) => type.SequenceEqual("HPFS    "u8) || type.SequenceEqual("JFS     "u8);

    private static bool IsFatType(ReadOnlySpan<byte> type) =>
        type.StartsWith("FAT"u8) || type.StartsWith("MSWIN"u8) || type.StartsWith("MSDOS"u8);
}
