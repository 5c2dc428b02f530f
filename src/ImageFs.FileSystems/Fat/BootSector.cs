using System.Buffers.Binary;
using System.Numerics;
using ImageFs.FileSystems.Clusters;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>The boot sector with the BIOS parameter block (fatgen103 3).</summary>
internal readonly ref struct BootSector
{
    /// <summary>Bytes of it that have a meaning.</summary>
    public const int Length = 512;

    // The least and the most bytes of a sector: up to 4096 in the specification and for Linux, above on hard disks of the Atari.
    private const int MinSector = 512;
    private const int MaxSector = 8192;

    // What BPB_Media begins with, whatever the medium is.
    private const byte MinMedia = 0xF0;

    // The most clusters of each type, by Linux's limits (fatgen103 3.5 has slightly fewer).
    private const long MaxFat12 = 0xFF4;
    private const long MaxFat16 = 0xFFF4;
    private const long MaxFat32 = 0x0FFF_FFF6;

    private readonly ReadOnlySpan<byte> _bytes;

    public BootSector(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>BS_jmpBoot: whether it begins with a jump over the parameter block.</summary>
    public bool HasJump => _bytes[0] is 0xEB or 0xE9;

    /// <summary>BS_OEMName: what wrote the volume.</summary>
    public ReadOnlySpan<byte> OemName => _bytes.Slice(3, 8);

    /// <summary>BPB_BytsPerSec.</summary>
    public ushort BytesPerSector => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[11..]);

    /// <summary>BPB_SecPerClus.</summary>
    public byte SectorsPerCluster => _bytes[13];

    /// <summary>BPB_RsvdSecCnt: sectors before the first table.</summary>
    public ushort ReservedSectors => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[14..]);

    /// <summary>BPB_NumFATs: copies of the table.</summary>
    public byte FatCount => _bytes[16];

    /// <summary>BPB_RootEntCnt: entries of the root directory; 0 on FAT32.</summary>
    public ushort RootEntryCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[17..]);

    /// <summary>BPB_TotSec16, or BPB_TotSec32 where that is 0.</summary>
    public uint TotalSectors => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[19..]) is var sectors and not 0
        ? sectors
        : BinaryPrimitives.ReadUInt32LittleEndian(_bytes[32..]);

    /// <summary>BPB_Media.</summary>
    public byte Media => _bytes[21];

    /// <summary>Whether it is FAT32: BPB_FATSz16 is 0.</summary>
    public bool IsFat32 => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[22..]) == 0;

    /// <summary>BPB_FATSz16 or BPB_FATSz32: sectors of one table.</summary>
    public uint FatSize => IsFat32
        ? BinaryPrimitives.ReadUInt32LittleEndian(_bytes[36..])
        : BinaryPrimitives.ReadUInt16LittleEndian(_bytes[22..]);

    /// <summary>The table that is in use (BPB_ExtFlags); the first one unless mirroring is off.</summary>
    public int ActiveFat => IsMirrored ? 0 : ExtendedFlags & 0x0F;

    /// <summary>Whether what is written to one table is written to all (BPB_ExtFlags).</summary>
    public bool IsMirrored => !IsFat32 || (ExtendedFlags & 0x80) == 0;

    /// <summary>BPB_RootClus: the first cluster of the root directory, on FAT32.</summary>
    public uint RootCluster => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[44..]);

    /// <summary>BPB_FSInfo: the sector of the FSInfo structure, on FAT32; 0 stands for 1, as in Linux.</summary>
    public ushort FsInfoSector => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[48..]) is var sector and not 0 ? sector : (ushort)1;

    /// <summary>BPB_BkBootSec: the sector with a copy of this one, on FAT32; 0 when there is none.</summary>
    public ushort BackupBootSector => IsFat32 && BinaryPrimitives.ReadUInt16LittleEndian(_bytes[50..]) is var sector and not 0xFFFF ? sector : (ushort)0;

    /// <summary>Whether Linux or Windows left the volume in use (bit 0 of BS_Reserved1). Before DOS 4, there is code.</summary>
    public bool IsDirty => (IsFat32 || HasExtendedSignature) && (Extended[1] & 1) != 0;

    /// <summary>BS_BootSig: whether the three fields that follow are there, and are no code.</summary>
    public bool HasExtendedSignature => Extended[2] is 0x28 or 0x29 && (HasSignature || HasFatType);

    /// <summary>BS_VolID: the volume's serial number.</summary>
    public uint VolumeId => BinaryPrimitives.ReadUInt32LittleEndian(Extended[3..]);

    /// <summary>BS_VolLab, padded.</summary>
    public ReadOnlySpan<byte> VolumeLabel => Extended.Slice(7, 11);

    /// <summary>BS_FilSysType: no more than a hint.</summary>
    public ReadOnlySpan<byte> FileSystemType => Extended.Slice(18, 8);

    /// <summary>Whether the type's name is where FAT12 and FAT16 have it, or where FAT32 does.</summary>
    public bool HasFatType => IsFat(_bytes[54..]) || IsFat(_bytes[82..]);

    /// <summary>Whether it ends with 55 AA.</summary>
    public bool HasSignature => _bytes[510] == 0x55 && _bytes[511] == 0xAA;

    private ushort ExtendedFlags => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[40..]);

    // BS_DrvNum and what follows: after the fields that only FAT32 has.
    private ReadOnlySpan<byte> Extended => _bytes[(IsFat32 ? 64 : 36)..];

    /// <summary>What contradicts the specification so that no volume can be made of it, by Linux's rules; null when nothing does.</summary>
    public string? FindProblem()
    {
        int sector = BytesPerSector;
        if (!BitOperations.IsPow2(sector) || sector is < MinSector or > MaxSector)
        {
            return $"it has sectors of {sector} bytes";
        }

        if (!BitOperations.IsPow2((uint)SectorsPerCluster))
        {
            return $"it has clusters of {SectorsPerCluster} sectors";
        }

        if (ReservedSectors == 0 || FatCount == 0 || FatSize == 0)
        {
            return $"it has {FatCount} tables of {FatSize} sectors after {ReservedSectors} reserved ones";
        }

        if (Media < MinMedia)
        {
            return $"its medium is 0x{Media:X2}";
        }

        if (RootEntryCount % (sector / EntryCursor.EntrySize) != 0)
        {
            return $"it has {RootEntryCount} root directory entries, which fill no whole sectors";
        }

        if (FirstDataSector + SectorsPerCluster > TotalSectors)
        {
            return $"it has {TotalSectors} sectors, and its first cluster begins at {FirstDataSector}";
        }

        long clusters = ClusterCount;
        return clusters < 1 || clusters > (Width switch { EntryWidth.Fat12 => MaxFat12, EntryWidth.Fat16 => MaxFat16, _ => MaxFat32 })
            ? $"it has {clusters} clusters on a volume of FAT{(int)Width}"
            : null;
    }

    /// <summary>
    /// Whether the table begins as it must, and everything fits into the volume and the table: what tells a parameter block from bytes that
    /// look like one where no mark does (fatgen103 4).
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <exception cref="ImageException">The table cannot be read.</exception>
    public bool AgreesWithTable(BlockSource volume)
    {
        long table = ReservedSectors * (long)BytesPerSector;
        long entries = ClustersOfSectors + ClusterHeap.FirstCluster;
        if (TotalSectors * (long)BytesPerSector > volume.Length || FatSize * (long)BytesPerSector * 8 < entries * (int)Width)
        {
            return false;
        }

        // The first entry is the medium with ones above, the second all ones but for two marks of FAT16 and FAT32.
        Span<byte> bytes = stackalloc byte[2 * sizeof(uint)];
        volume.ReadAt(table, bytes);
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        uint second = BinaryPrimitives.ReadUInt32LittleEndian(bytes[sizeof(uint)..]);
        return bytes[0] >= MinMedia && Width switch
        {
            EntryWidth.Fat12 => (first | 0xFF00_00FF) == uint.MaxValue,
            EntryWidth.Fat16 => (first | 0xC000_00FF) == uint.MaxValue,
            _ => (first | 0xF000_00FF) == uint.MaxValue && (second | 0xFC00_0007) == uint.MaxValue,
        };
    }

    private static bool IsFat(ReadOnlySpan<byte> type) => type.StartsWith("FAT1"u8) || type.StartsWith("FAT32"u8);

    /// <summary>The sector that the root directory of FAT12 and FAT16 begins at (fatgen103 3.5).</summary>
    public long FirstRootSector => ReservedSectors + (FatCount * (long)FatSize);

    /// <summary>The sector that cluster 2 begins at (fatgen103 3.5).</summary>
    public long FirstDataSector => FirstRootSector + (RootEntryCount * EntryCursor.EntrySize / BytesPerSector);

    /// <summary>FAT12, FAT16 or FAT32, by the number of clusters (fatgen103 3.5).</summary>
    public EntryWidth Width => IsFat32 ? EntryWidth.Fat32 : ClustersOfSectors > MaxFat12 ? EntryWidth.Fat16 : EntryWidth.Fat12;

    /// <summary>Clusters that the volume has sectors and the table entries for.</summary>
    public long ClusterCount => Math.Min(ClustersOfSectors, (FatSize * (long)BytesPerSector * 8 / (int)Width) - ClusterHeap.FirstCluster);

    private long ClustersOfSectors => (TotalSectors - FirstDataSector) / SectorsPerCluster;
}

/// <summary>
/// Floppy disks of DOS 1, whose boot sector has no parameter block: what it would say follows from the medium, which is the first byte of
/// the table, and from the size of the disk. These are the four that Linux's vfat knows (<c>dos1xfloppy</c>).
/// </summary>
internal static class EarlyFloppy
{
    private const int SectorSize = 512;
    private const byte FatCount = 2;

    // The parameter block, and what later versions have after it: code, here.
    private const int BlockStart = 3;
    private const int BlockEnd = 62;

    private static readonly (int Sectors, byte SectorsPerCluster, byte RootEntries, byte Media, byte FatSize)[] s_kinds =
    [
        (320, 1, 64, 0xFE, 1),
        (360, 1, 64, 0xFC, 2),
        (640, 2, 112, 0xFF, 1),
        (720, 2, 112, 0xFD, 2),
    ];

    /// <summary>Gives the boot sector of such a disk the parameter block that it lacks; any other stays as it is.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="boot">Its boot sector; <see cref="BootSector.Length"/> bytes.</param>
    /// <exception cref="ImageException">The tables cannot be read.</exception>
    public static void Complete(BlockSource disk, Span<byte> boot)
    {
        foreach ((int sectors, byte sectorsPerCluster, byte rootEntries, byte media, byte fatSize) in s_kinds)
        {
            if (disk.Length == sectors * SectorSize && new BootSector(boot).FindProblem() is not null && HasTables(disk, media, fatSize))
            {
                boot[BlockStart..BlockEnd].Clear();
                BinaryPrimitives.WriteUInt16LittleEndian(boot[11..], SectorSize);
                boot[13] = sectorsPerCluster;
                boot[14] = 1;
                boot[16] = FatCount;
                boot[17] = rootEntries;
                BinaryPrimitives.WriteUInt16LittleEndian(boot[19..], (ushort)sectors);
                boot[21] = media;
                boot[22] = fatSize;
                return;
            }
        }
    }

    private static bool HasTables(BlockSource disk, byte media, byte fatSize)
    {
        Span<byte> start = stackalloc byte[3];
        for (int copy = 0; copy < FatCount; copy++)
        {
            disk.ReadAt((1 + (copy * fatSize)) * SectorSize, start);
            if (start[0] != media || start[1] != 0xFF || start[2] != 0xFF)
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>The FSInfo structure of FAT32 (fatgen103 5).</summary>
internal readonly ref struct FsInfo
{
    /// <summary>Bytes in it.</summary>
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    public FsInfo(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>FSI_LeadSig and FSI_StrucSig: whether it is one.</summary>
    public bool IsValid =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes) == 0x4161_5252
        && BinaryPrimitives.ReadUInt32LittleEndian(_bytes[484..]) == 0x6141_7272;

    /// <summary>FSI_Free_Count: the last known number of free clusters; all bits set when it is unknown.</summary>
    public uint FreeCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[488..]);
}
