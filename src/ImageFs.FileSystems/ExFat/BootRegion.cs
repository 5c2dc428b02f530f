using System.Buffers.Binary;
using System.Numerics;
using ImageFs.FileSystems.Clusters;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

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
            return $"it has sectors of 2^{BytesPerSectorShift} bytes and clusters of 2^{SectorsPerClusterShift} sectors";
        }

        if (NumberOfFats is not (1 or 2))
        {
            return $"{NumberOfFats} tables";
        }

        long clustersInTable = (FatLength * (1L << BytesPerSectorShift) / sizeof(uint)) - ClusterHeap.FirstCluster;
        if (ClusterCount is 0 or > MaxClusters || ClusterCount > clustersInTable)
        {
            return $"its tables of {FatLength} sectors are too short for {ClusterCount} clusters";
        }

        if (!new ClusterHeap(0, 0, ClusterCount).Contains(FirstClusterOfRootDirectory))
        {
            return $"its root directory is in cluster {FirstClusterOfRootDirectory} of {ClusterCount}";
        }

        return ClusterHeapOffset < FatOffset + (FatLength * (long)NumberOfFats)
            ? $"its clusters begin at sector {ClusterHeapOffset}, which the tables reach"
            : null;
    }
}

/// <summary>VolumeFlags of the boot sector (exFAT 3.1.13).</summary>
[Flags]
internal enum VolumeFlags : ushort
{
    None = 0,

    /// <summary>The second table and bitmap are the active ones.</summary>
    ActiveFat = 0x0001,

    /// <summary>The volume was not properly unmounted.</summary>
    VolumeDirty = 0x0002,

    /// <summary>The medium has had failures.</summary>
    MediaFailure = 0x0004,
}

/// <summary>The main and the backup boot region: twelve sectors each, the last with the sum over the others (exFAT 3).</summary>
internal static class BootRegion
{
    private const int Sectors = 12;
    private const int MinSectorShift = 9;
    private const int MaxSectorShift = 12;

    /// <summary>Reads the boot sector whose region has the right sum: the main one, or with a warning the backup.</summary>
    /// <param name="blocks">The volume, through its cache.</param>
    /// <param name="sector">Takes the boot sector.</param>
    /// <param name="warn">Called when it is the backup.</param>
    /// <exception cref="InvalidImageException">Neither is good.</exception>
    public static void Read(BlockCache blocks, Span<byte> sector, Action<string> warn)
    {
        string? problem = FindProblem(blocks, 0, sector);
        if (problem is null)
        {
            return;
        }

        // The size of a sector may be what is wrong with the main one.
        for (int shift = MinSectorShift; shift <= MaxSectorShift; shift++)
        {
            if (FindProblem(blocks, (long)Sectors << shift, sector) is null && new BootSector(sector).BytesPerSectorShift == shift)
            {
                warn($"main boot region: {problem}: the backup is used (exFAT 3.2)");
                return;
            }
        }

        throw new InvalidImageException("main boot region", 0, $"{problem}, and the backup is damaged too", "exFAT 3");
    }

    /// <summary>Checks both regions.</summary>
    /// <param name="blocks">The volume, through its cache.</param>
    /// <param name="sectorSize">Bytes in a sector.</param>
    /// <param name="run">Called with what is wrong.</param>
    public static void Check(BlockCache blocks, int sectorSize, CheckRun run)
    {
        run.Extent = "2";
        Span<byte> sector = stackalloc byte[BootSector.Length];
        foreach ((string name, long address) in ((string, long)[])[("main boot region", 0), ("backup boot region", (long)Sectors * sectorSize)])
        {
            if (FindProblem(blocks, address, sector) is { } problem)
            {
                run.Find(name, address, problem, "exFAT 3");
            }
        }
    }

    private static string? FindProblem(BlockCache blocks, long address, Span<byte> sector)
    {
        try
        {
            blocks.ReadAt(address, sector);
            var boot = new BootSector(sector);
            return boot.IsExFat
                ? boot.FindProblem() ?? FindWrongSum(blocks, address, 1 << boot.BytesPerSectorShift)
                : "it has no boot sector";
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return e.Message;
        }
    }

    /// <summary>Compares the sum over eleven sectors with what the twelfth repeats (3.4).</summary>
    private static string? FindWrongSum(BlockCache blocks, long address, int sectorSize)
    {
        byte[] bytes = new byte[Sectors * sectorSize];
        blocks.ReadAt(address, bytes);
        ReadOnlySpan<byte> recorded = bytes.AsSpan((Sectors - 1) * sectorSize);
        uint sum = Checksum(bytes.AsSpan(0, (Sectors - 1) * sectorSize));
        for (int i = 0; i < sectorSize; i += sizeof(uint))
        {
            uint expected = BinaryPrimitives.ReadUInt32LittleEndian(recorded[i..]);
            if (expected != sum)
            {
                return $"its sum is 0x{sum:X8}, recorded is 0x{expected:X8}";
            }
        }

        return null;
    }

    /// <summary>The sum over a boot region, without the fields that change while a volume is used (3.4).</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            // VolumeFlags and PercentInUse.
            if (i is not (106 or 107 or 112))
            {
                sum = unchecked(BitOperations.RotateRight(sum, 1) + bytes[i]);
            }
        }

        return sum;
    }
}
