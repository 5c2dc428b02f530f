using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The header of a sparse extent; all numbers are little-endian and in sectors (VMDK: Hosted Sparse Extent Header).</summary>
internal readonly ref struct SparseHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Length = 512;

    /// <summary>A grain directory that is where the footer, a second header at the end, says.</summary>
    public const ulong AtEnd = ulong.MaxValue;

    private readonly ReadOnlySpan<byte> _bytes;

    public SparseHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public bool HasMagic => _bytes.StartsWith("KDMV"u8);

    public uint Version => UInt32(4);

    /// <summary>Whether an entry of 1 is a grain of zeros.</summary>
    public bool HasZeroGrains => (Flags & 4) != 0;

    public bool IsCompressed => (Flags & 0x10000) != 0;

    /// <summary>Sectors of the disk.</summary>
    public ulong Capacity => UInt64(12);

    public ulong GrainSize => UInt64(20);

    public ulong DescriptorOffset => UInt64(28);

    public ulong DescriptorSize => UInt64(36);

    public uint EntriesInTable => UInt32(44);

    public ulong DirectoryOffset => UInt64(56);

    /// <summary>0 none, 1 deflate.</summary>
    public ushort CompressAlgorithm => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[77..]);

    private uint Flags => UInt32(8);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[offset..]);
}

/// <summary>The header of ESX's older sparse extents, <c>vmfsSparse</c>; all numbers are in sectors (VMDK: ESX Server Sparse Extent Header).</summary>
internal readonly ref struct CowdHeader
{
    /// <summary>Entries of each of its grain tables.</summary>
    public const int EntriesInTable = 4096;

    private const int Length = 28;

    private readonly ReadOnlySpan<byte> _bytes;

    public CowdHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    public uint Version => UInt32(4);

    /// <summary>Sectors of the disk.</summary>
    public uint Capacity => UInt32(12);

    public uint GrainSize => UInt32(16);

    public uint DirectoryOffset => UInt32(20);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[offset..]);
}

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
            throw Invalid($"it has {capacity} sectors in grains of {grainSize} and tables of {entries}, the directory in sector {directory}");
        }

        var layout = new GrainLayout(
            (long)capacity * SectorSize, (int)grainSize * SectorSize, (int)entries, (long)directory * SectorSize, hasZeroGrains, isCompressed);
        if (isCompressed && layout.GrainSize > MaxCompressedGrain)
        {
            throw new UnsupportedFeatureException($"vmdk with compressed grains of {layout.GrainSize} bytes", Clause);
        }

        long tables = layout.Length == 0 ? 0 : ((layout.Length - 1) / layout.TableSpan) + 1;
        return tables * sizeof(uint) <= fileLength - layout.Directory
            ? layout
            : throw Invalid($"its directory of {tables} tables at 0x{layout.Directory:X} runs past the end of the file at 0x{fileLength:X}");
    }

    private static InvalidImageException Invalid(string problem) => new("vmdk sparse extent header", 0, problem, Clause);
}
