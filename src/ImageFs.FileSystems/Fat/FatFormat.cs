using ImageFs.Storage;
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
    public override bool IsNamed(string name) => name is LinuxName or "msdos" or "fat";

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
    protected override FileSystem OpenVolume(BlockSource source, OpenContext context) =>
        new FatFileSystem(new FatVolume(source, context), new FatOptions(context.Options), context.Memory);

    private static bool IsOtherType(ReadOnlySpan<byte> type) => type.SequenceEqual("HPFS    "u8) || type.SequenceEqual("JFS     "u8);

    private static bool IsFatType(ReadOnlySpan<byte> type) =>
        type.StartsWith("FAT"u8) || type.StartsWith("MSWIN"u8) || type.StartsWith("MSDOS"u8);
}
