namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>How the grains of an extent are found. All values are bytes, unless they are counts.</summary>
/// <param name="Length">Of the extent's part of the disk.</param>
/// <param name="GrainSize">Of a grain.</param>
/// <param name="EntriesInTable">Entries of a grain table.</param>
/// <param name="Directory">Where the grain directory is.</param>
/// <param name="HasZeroGrains">Whether an entry of 1 is a grain of zeros.</param>
/// <param name="IsCompressed">Whether grains are compressed.</param>
internal sealed record GrainLayout(long Length, int GrainSize, int EntriesInTable, long Directory, bool HasZeroGrains, bool IsCompressed)
{
    private const string Clause = "VMDK: Hosted Sparse Extent Header";
    private const int SectorSize = 512;
    private const ulong MaxSectors = 1UL << 43;
    private const ulong MaxGrain = (1 << 30) / SectorSize;
    private const int MaxCompressedGrain = 8 << 20;
    private const uint MaxEntries = 4096;

    /// <summary>Bytes of the disk that one grain table is about.</summary>
    public long TableSpan => (long)GrainSize * EntriesInTable;

    /// <summary>Takes the numbers of a header.</summary>
    /// <exception cref="InvalidImageException">They cannot be.</exception>
    public static GrainLayout Make(
        ulong capacity, ulong grainSize, uint entries, ulong directory, bool hasZeroGrains, bool isCompressed, long fileLength)
    {
        if (capacity > MaxSectors || grainSize is 0 or > MaxGrain || (grainSize & (grainSize - 1)) != 0 || entries is 0 or > MaxEntries
            || directory > (ulong)fileLength / SectorSize)
        {
            throw Invalid($"{capacity} sectors in grains of {grainSize} and tables of {entries}, the directory in sector {directory}");
        }

        var layout = new GrainLayout(
            (long)capacity * SectorSize, (int)grainSize * SectorSize, (int)entries, (long)directory * SectorSize, hasZeroGrains, isCompressed);
        if (isCompressed && layout.GrainSize > MaxCompressedGrain)
        {
            throw new UnsupportedFeatureException($"vmdk with compressed grains of {layout.GrainSize} bytes is", Clause);
        }

        long tables = layout.Length == 0 ? 0 : ((layout.Length - 1) / layout.TableSpan) + 1;
        return tables * sizeof(uint) <= fileLength - layout.Directory
            ? layout
            : throw Invalid($"a directory of {tables} tables at 0x{layout.Directory:X} in a file of {fileLength} bytes");
    }

    private static InvalidImageException Invalid(string problem) => new("vmdk sparse extent header", 0, problem, Clause);
}
