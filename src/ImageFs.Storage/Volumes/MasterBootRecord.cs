using System.Buffers.Binary;
using System.Globalization;

namespace ImageFs.Storage.Volumes;

/// <summary>The partition table in a disk's first sector: four primary partitions, and logical ones in a chain of further such sectors.</summary>
internal sealed class MasterBootRecord : PartitionTableFormat
{
    internal const int Size = 512;
    internal const byte ProtectiveType = 0xEE;
    internal const int EntryCount = 4;

    private const int FirstEntry = 446;
    private const int EntrySize = 16;

    internal static bool HasSignature(ReadOnlySpan<byte> sector) => sector[510] == 0x55 && sector[511] == 0xAA;

    internal static Entry EntryAt(ReadOnlySpan<byte> sector, int index) => new(sector.Slice(FirstEntry + (index * EntrySize), EntrySize));

    /// <summary>Whether the sector guards a GUID partition table: any entry of type EE (UEFI 5.2.3; hybrids have others beside it).</summary>
    internal static bool IsProtective(ReadOnlySpan<byte> sector)
    {
        for (int i = 0; i < EntryCount; i++)
        {
            if (EntryAt(sector, i).Type == ProtectiveType)
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public override string Name => "dos";

    /// <inheritdoc/>
    public override string Title => "a master boot record";

    /// <summary>Reads the table; null when the sector has no signature, is a file system's boot sector, or lists no partition.</summary>
    internal override PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn)
    {
        if (disk.Length < Size)
        {
            return null;
        }

        Span<byte> sector = stackalloc byte[Size];
        disk.ReadAt(0, sector);
        if (!HasSignature(sector) || !HasEntries(sector))
        {
            return null;
        }

        int sectorSize = FindSectorSize(disk, sector, sizes, warn);
        string id = BinaryPrimitives.ReadUInt32LittleEndian(sector[440..]).ToString("x8", CultureInfo.InvariantCulture);
        List<Partition> partitions = ReadEntries(sector, sectorSize, id);
        var logical = new LogicalPartitions(disk, sectorSize, id, warn);
        foreach (Partition extended in partitions.Where(partition => partition.IsContainer))
        {
            logical.Follow(extended);
        }

        return new PartitionTable(disk, "dos", id, [.. partitions, .. logical.Found]) { SectorSize = sectorSize };
    }

    private static bool HasEntries(ReadOnlySpan<byte> sector)
    {
        bool hasOne = false;
        for (int i = 0; i < EntryCount; i++)
        {
            Entry entry = EntryAt(sector, i);
            if (entry.Status is not (0x00 or 0x80))
            {
                return false;
            }

            hasOne |= entry.Sectors != 0;
        }

        return hasOne;
    }

    private static List<Partition> ReadEntries(ReadOnlySpan<byte> sector, int sectorSize, string id)
    {
        var partitions = new List<Partition>();
        for (int i = 0; i < EntryCount; i++)
        {
            Entry entry = EntryAt(sector, i);
            if (entry.Sectors != 0)
            {
                partitions.Add(entry.ToPartition(i + 1, 0, sectorSize, id));
            }
        }

        return partitions;
    }

    // A table does not say what it counts in. It is the usual unit where it ends with the disk by that, or unless more of it points at
    // something known by another one: best by one that all of it fits the disk by, which an image that was cut short has none of.
    private static int FindSectorSize(BlockSource disk, ReadOnlySpan<byte> sector, SectorSizes sizes, Action<string> warn)
    {
        int best = sizes.Usual;
        List<Partition> usual = ReadEntries(sector, best, string.Empty);
        int most = usual.Count(partition => HasMark(disk, partition) || IsVolume(disk, partition, sizes));
        if (most == usual.Count || usual.Exists(partition => partition.Start + partition.Length == disk.Length))
        {
            return best;
        }

        int[] others = [.. sizes.Candidates.Where(size => size != sizes.Usual)];
        foreach (bool fits in (ReadOnlySpan<bool>)[true, false])
        {
            foreach (int size in others)
            {
                List<Partition> partitions = ReadEntries(sector, size, string.Empty);
                int count = partitions.Count(partition => (fits && HasMark(disk, partition)) || IsVolume(disk, partition, sizes));
                if (count > most && partitions.TrueForAll(partition => partition.Start + partition.Length <= disk.Length) == fits)
                {
                    best = size;
                    most = count;
                }
            }

            if (most > 0)
            {
                break;
            }
        }

        return Tell(best, sizes, warn);
    }

    private static int Tell(int size, SectorSizes sizes, Action<string> warn)
    {
        if (sizes.Own is { } own && size != sizes.Usual)
        {
            warn($"the partition table counts in sectors of {size} bytes, where the disk has {own}: sector-size={own} reads it by those");
        }

        return size;
    }

    // Whether a boot record is where the partition begins: of a chain, or of a file system.
    private static bool HasMark(BlockSource disk, Partition partition)
    {
        if (partition.Start == 0 || partition.Start > disk.Length - Size)
        {
            return false;
        }

        Span<byte> first = stackalloc byte[Size];
        try
        {
            disk.ReadAt(partition.Start, first);
            return HasSignature(first) && (!partition.IsContainer || HasEntries(first));
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return false;
        }
    }

    private static bool IsVolume(BlockSource disk, Partition partition, SectorSizes sizes)
    {
        if (partition.IsContainer || partition.Start == 0 || partition.Start >= disk.Length)
        {
            return false;
        }

        try
        {
            var part = new BlockSlice(disk, partition.Start, Math.Min(partition.Length, disk.Length - partition.Start));
            return sizes.IsVolume(part) || VolumeFormats.HasMember(part);
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            return false;
        }
    }

    /// <summary>One of the four entries of a boot record: 16 bytes.</summary>
    internal readonly ref struct Entry
    {
        private readonly ReadOnlySpan<byte> _bytes;

        internal Entry(ReadOnlySpan<byte> bytes)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, EntrySize);
            _bytes = bytes;
        }

        internal byte Status => _bytes[0];

        internal byte Type => _bytes[4];

        internal uint Sectors => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[12..]);

        /// <summary>First byte, from the record that the entry counts from.</summary>
        internal long Start(int sectorSize) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]) * (long)sectorSize;

        /// <summary>Its bytes.</summary>
        internal long Length(int sectorSize) => Sectors * (long)sectorSize;

        internal bool IsExtended => Type is 0x05 or 0x0F or 0x85;

        internal Partition ToPartition(int number, long origin, int sectorSize, string diskId) =>
            new(number, origin + Start(sectorSize), Length(sectorSize), $"0x{Type:x2}")
            {
                IsBootable = Status == 0x80,
                IsContainer = IsExtended,
                Uuid = $"{diskId}-{number.ToString("x2", CultureInfo.InvariantCulture)}",
            };
    }
}
