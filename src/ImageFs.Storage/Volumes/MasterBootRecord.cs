using System.Buffers.Binary;
using System.Globalization;

namespace ImageFs.Storage.Volumes;

/// <summary>The partition table in a disk's first sector: four primary partitions, and logical ones in a chain of further such sectors.</summary>
internal static class MasterBootRecord
{
    internal const int Size = 512;
    internal const byte ProtectiveType = 0xEE;

    private const int EntryCount = 4;
    private const int FirstEntry = 446;
    private const int EntrySize = 16;
    private const int FirstLogicalNumber = 5;
    private const int MaxLogical = 256;

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

    /// <summary>Reads the table; null when the sector has no signature, is a file system's boot sector, or lists no partition.</summary>
    internal static PartitionTable? Read(BlockSource disk, Action<string> warn)
    {
        if (disk.Length < Size)
        {
            return null;
        }

        Span<byte> sector = stackalloc byte[Size];
        disk.ReadAt(0, sector);
        if (!HasSignature(sector))
        {
            return null;
        }

        string id = BinaryPrimitives.ReadUInt32LittleEndian(sector[440..]).ToString("x8", CultureInfo.InvariantCulture);
        var partitions = new List<Partition>();
        long extended = 0;
        for (int i = 0; i < EntryCount; i++)
        {
            Entry entry = EntryAt(sector, i);
            if (entry.Status is not (0x00 or 0x80))
            {
                return null;
            }

            if (entry.Sectors == 0)
            {
                continue;
            }

            partitions.Add(entry.ToPartition(i + 1, 0, id));
            if (entry.IsExtended && extended == 0)
            {
                extended = entry.Start;
            }
        }

        if (extended != 0)
        {
            ReadLogical(disk, extended, id, partitions, warn);
        }

        return partitions.Count == 0 ? null : new PartitionTable("dos", id, partitions);
    }

    /// <summary>Follows the chain of extended boot records, forward only.</summary>
    private static void ReadLogical(BlockSource disk, long extended, string id, List<Partition> partitions, Action<string> warn)
    {
        Span<byte> sector = stackalloc byte[Size];
        long place = extended;
        for (int count = 0; count < MaxLogical; count++)
        {
            if (place > disk.Length - Size)
            {
                warn($"extended boot record at 0x{place:X} lies behind the end of the disk");
                return;
            }

            disk.ReadAt(place, sector);
            if (!HasSignature(sector))
            {
                warn($"extended boot record at 0x{place:X} has no signature");
                return;
            }

            Entry logical = EntryAt(sector, 0);
            if (logical.Sectors != 0)
            {
                partitions.Add(logical.ToPartition(FirstLogicalNumber + count, place, id));
            }

            Entry link = EntryAt(sector, 1);
            if (!link.IsExtended || link.Sectors == 0)
            {
                return;
            }

            long next = extended + link.Start;
            if (next <= place)
            {
                warn($"extended boot record at 0x{place:X} leads backward to 0x{next:X}");
                return;
            }

            place = next;
        }

        warn($"more than {MaxLogical} extended boot records: the rest is left out");
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

        /// <summary>First byte, from the record that the entry counts from.</summary>
        internal long Start => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]) * (long)Size;

        internal uint Sectors => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[12..]);

        internal bool IsExtended => Type is 0x05 or 0x0F or 0x85;

        internal Partition ToPartition(int number, long origin, string diskId) =>
            new(number, origin + Start, Sectors * (long)Size, $"0x{Type:x2}")
            {
                IsBootable = Status == 0x80,
                IsContainer = IsExtended,
                Uuid = $"{diskId}-{number.ToString("x2", CultureInfo.InvariantCulture)}",
            };
    }
}
