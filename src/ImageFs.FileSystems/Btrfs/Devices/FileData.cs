using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>The data of files by its logical address, checked where that was asked for.</summary>
/// <param name="logical">All logical addresses.</param>
/// <param name="checksums">The tree of checksums; null where there is none.</param>
/// <param name="checking">Which data is checked.</param>
internal sealed class FileData(LogicalSource logical, Trees.Tree? checksums, DataChecking checking)
{
    private readonly BlockSource _checked = checksums is null ? logical : new CheckedSource(logical, checksums);

    /// <summary>What a file has as it lies there.</summary>
    /// <param name="hasChecksums">Whether the file's data has checksums.</param>
    public BlockSource AsItLies(bool hasChecksums) => hasChecksums && checking == DataChecking.All ? _checked : logical;

    /// <summary>What a file has compressed, as it is stored.</summary>
    /// <param name="hasChecksums">Whether the file's data has checksums.</param>
    public BlockSource ToDecode(bool hasChecksums) => hasChecksums && checking != DataChecking.None ? _checked : logical;
}
