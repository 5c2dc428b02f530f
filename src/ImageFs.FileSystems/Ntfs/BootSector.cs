using System.Buffers.Binary;
using System.Numerics;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>The boot sector, at the start of the volume and again in the sector behind it (linux-ntfs, $Boot).</summary>
internal readonly ref struct BootSector
{
    /// <summary>Bytes of it that have a meaning.</summary>
    public const int Length = 512;

    /// <summary>What specifies it.</summary>
    public const string Clause = "linux-ntfs, $Boot";

    private const int MinSectorSize = 256;
    private const int MaxSectorSize = 4096;
    private const int MaxClusterSize = 2 << 20;
    private const int MinRecordSize = 512;
    private const int MaxRecordSize = 64 * 1024;
    private const int MaxIndexRecordSize = MaxClusterSize;
    private const int MaxPositive = 0x80;

    private readonly ReadOnlySpan<byte> _bytes;

    public BootSector(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether it has the mark of NTFS.</summary>
    public bool HasMark => _bytes.Slice(3, 8).SequenceEqual("NTFS    "u8);

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[11..]);

    /// <summary>Bytes of a cluster: its byte counts sectors, or is negative and the power of two of that; 0 when it is neither.</summary>
    public long ClusterSize
    {
        get
        {
            int value = _bytes[13];
            return value <= MaxPositive ? (long)SectorSize * value : ToPower(value) is var shift and < 32 ? (long)SectorSize << shift : 0;
        }
    }

    /// <summary>Sectors of the volume, without the one that has the copy of the boot sector.</summary>
    public ulong SectorCount => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[40..]);

    /// <summary>The cluster that the master file table begins at.</summary>
    public ulong TableCluster => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[48..]);

    /// <summary>The cluster that the copy of its first records begins at.</summary>
    public ulong MirrorCluster => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[56..]);

    /// <summary>Bytes of a file record; 0 when what is recorded has no meaning.</summary>
    public long RecordSize => ToSize(_bytes[64]);

    /// <summary>Bytes of an index record of directories; 0 when what is recorded has no meaning.</summary>
    public long IndexRecordSize => ToSize(_bytes[68]);

    /// <summary>The volume's serial number.</summary>
    public ulong SerialNumber => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[72..]);

    /// <summary>What is wrong with it, so that no volume can be made of it; null when nothing is.</summary>
    public string? FindProblem()
    {
        if (!HasMark)
        {
            return "it has not the mark of NTFS";
        }

        if (SectorSize is < MinSectorSize or > MaxSectorSize || !BitOperations.IsPow2(SectorSize))
        {
            return $"it has sectors of {SectorSize} bytes";
        }

        if (ClusterSize is <= 0 or > MaxClusterSize || !BitOperations.IsPow2(ClusterSize))
        {
            return $"{_bytes[13]} is no number of sectors in a cluster";
        }

        if (RecordSize is < MinRecordSize or > MaxRecordSize || !BitOperations.IsPow2(RecordSize))
        {
            return $"{unchecked((sbyte)_bytes[64])} is no size of file records";
        }

        if (IndexRecordSize is < MinRecordSize or > MaxIndexRecordSize || !BitOperations.IsPow2(IndexRecordSize))
        {
            return $"{unchecked((sbyte)_bytes[68])} is no size of index records";
        }

        ulong clusters = SectorCount / (ulong)(ClusterSize / SectorSize);
        return SectorCount > (ulong)(long.MaxValue / SectorSize) || clusters == 0 ? $"{SectorCount} sectors are no volume"
            : TableCluster >= clusters || MirrorCluster >= clusters ? $"the master file table is in cluster {TableCluster}, its copy in {MirrorCluster} of {clusters}"
            : null;
    }

    // Negative: the power of two.
    private static int ToPower(int value) => 256 - value;

    private long ToSize(byte value) => value == 0 ? 0
        : value < MaxPositive ? ClusterSize * value
        : ToPower(value) is var shift and < 32 ? 1L << shift : 0;
}
