using System.Buffers.Binary;
using ImageFs.FileSystems.Fat;

namespace ImageFs.FileSystems.ExFat;

/// <summary>The boot sector: main or backup (exFAT 3.1).</summary>
internal readonly ref struct BootSector
{
    /// <summary>Bytes of it that have a meaning.</summary>
    public const int Length = 512;

    // 2^32 - 11 (3.1.9): the numbers above are marks in the table.
    private const uint MaxClusters = 0xFFFF_FFF5;

    private readonly ReadOnlySpan<byte> _bytes;

    public BootSector(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>FileSystemName, MustBeZero and BootSignature: whether it is one (3.1.2, 3.1.3, 3.1.20).</summary>
    public bool IsExFat =>
        _bytes.Slice(3, 8).SequenceEqual("EXFAT   "u8)
        && !_bytes[11..64].ContainsAnyExcept((byte)0)
        && _bytes[510] == 0x55 && _bytes[511] == 0xAA;

    /// <summary>VolumeLength in sectors (3.1.5).</summary>
    public ulong VolumeLength => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[72..]);

    /// <summary>FatOffset: the sector that the first table begins at (3.1.6).</summary>
    public uint FatOffset => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[80..]);

    /// <summary>FatLength in sectors, of each table (3.1.7).</summary>
    public uint FatLength => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[84..]);

    /// <summary>ClusterHeapOffset: the sector that cluster 2 begins at (3.1.8).</summary>
    public uint ClusterHeapOffset => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[88..]);

    /// <summary>ClusterCount (3.1.9).</summary>
    public uint ClusterCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[92..]);

    /// <summary>FirstClusterOfRootDirectory (3.1.10).</summary>
    public uint FirstClusterOfRootDirectory => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[96..]);

    /// <summary>VolumeSerialNumber (3.1.11).</summary>
    public uint VolumeSerialNumber => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[100..]);

    /// <summary>FileSystemRevision: the major number in the high byte (3.1.12).</summary>
    public ushort FileSystemRevision => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[104..]);

    /// <summary>VolumeFlags (3.1.13).</summary>
    public VolumeFlags VolumeFlags => (VolumeFlags)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[106..]);

    /// <summary>BytesPerSectorShift (3.1.14).</summary>
    public byte BytesPerSectorShift => _bytes[108];

    /// <summary>SectorsPerClusterShift (3.1.15).</summary>
    public byte SectorsPerClusterShift => _bytes[109];

    /// <summary>NumberOfFats: tables, and as many bitmaps (3.1.16).</summary>
    public byte NumberOfFats => _bytes[110];

    /// <summary>PercentInUse: above 100 when it is not known (3.1.18).</summary>
    public byte PercentInUse => _bytes[112];

    /// <summary>What contradicts the specification so that no volume can be made of it; null when nothing does.</summary>
    public string? FindProblem()
    {
        if (BytesPerSectorShift is < 9 or > 12 || SectorsPerClusterShift > 25 - BytesPerSectorShift)
        {
            return $"sectors of 2^{BytesPerSectorShift} bytes, clusters of 2^{SectorsPerClusterShift} sectors";
        }

        if (NumberOfFats is not (1 or 2))
        {
            return $"{NumberOfFats} tables";
        }

        long clustersInTable = (FatLength * (1L << BytesPerSectorShift) / sizeof(uint)) - ClusterHeap.FirstCluster;
        if (ClusterCount is 0 or > MaxClusters || ClusterCount > clustersInTable)
        {
            return $"tables of {FatLength} sectors for {ClusterCount} clusters";
        }

        if (!new ClusterHeap(0, 0, ClusterCount).Contains(FirstClusterOfRootDirectory))
        {
            return $"the root directory in cluster {FirstClusterOfRootDirectory} of {ClusterCount}";
        }

        return ClusterHeapOffset < FatOffset + (FatLength * (long)NumberOfFats)
            ? $"clusters from sector {ClusterHeapOffset} on, which the tables reach"
            : null;
    }
}
