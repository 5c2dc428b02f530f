using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes;

/// <summary>The GUID partition table (UEFI 2.10, 5.3): a header after the protective MBR, and a backup in the last sector.</summary>
internal sealed class GuidPartitionTable : PartitionTableFormat
{
    private const int MinEntrySize = 128;
    private const int MaxEntrySize = 4096;
    private const int MaxEntries = 1024;
    private const string Clause = "UEFI 5.3.2";
    private const ulong LegacyBootable = 1 << 2;

    /// <summary>Whether the disk has a protective MBR.</summary>
    internal static bool IsMeant(BlockSource disk)
    {
        Span<byte> boot = stackalloc byte[MasterBootRecord.Size];
        if (disk.Length < MasterBootRecord.Size)
        {
            return false;
        }

        disk.ReadAt(0, boot);
        return MasterBootRecord.HasSignature(boot) && MasterBootRecord.IsProtective(boot);
    }

    /// <summary>Checks both headers and the entries of both.</summary>
    internal static void Check(BlockSource disk, SectorSizes sizes, CheckRun run)
    {
        // By the size that it is read by.
        foreach (int sectorSize in sizes.Candidates
            .OrderBy(size => TryRead(disk, size, size, out _, null) is null).ThenBy(size => TryRead(disk, LastSector(disk, size), size, out _, null) is null))
        {
            PartitionTable? primary = TryRead(disk, sectorSize, sectorSize, out string? primaryProblem, entry => run.Find("GPT entries", sectorSize, entry, Clause));
            long last = primary is null ? LastSector(disk, sectorSize) : FindBackup(disk, sectorSize);
            PartitionTable? backup = TryRead(disk, last, sectorSize, out string? backupProblem, null);
            if (primary is null && backup is null && primaryProblem is null && backupProblem is null)
            {
                continue;
            }

            run.Extent = "2";
            if (primary is null)
            {
                run.Find("GPT header", sectorSize, primaryProblem ?? "no signature", Clause);
            }

            if (backup is null)
            {
                run.Find("GPT backup header", last, backupProblem ?? "no signature", Clause);
            }

            if (primary is not null && backup is not null && !primary.Partitions.SequenceEqual(backup.Partitions))
            {
                run.Find("GPT backup header", last, "its partitions are not those of the first", Clause);
            }

            return;
        }

        run.GiveUp("no header follows the protective MBR");
    }

    /// <inheritdoc/>
    public override string Name => "gpt";

    /// <inheritdoc/>
    public override string Title => "a GUID partition table";

    /// <summary>Reads the table; null when the disk has no protective MBR, or no header after it.</summary>
    internal override PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn)
    {
        if (!IsMeant(disk))
        {
            return null;
        }

        InvalidImageException? damage = null;
        var problems = new Dictionary<int, string?>();
        foreach (int sectorSize in sizes.Candidates)
        {
            if (TryRead(disk, sectorSize, sectorSize, out string? problem, warn) is { } table)
            {
                return table;
            }

            problems[sectorSize] = problem;
        }

        foreach ((int sectorSize, string? problem) in problems)
        {
            long last = LastSector(disk, sectorSize);
            if (TryRead(disk, last, sectorSize, out string? backupProblem, warn) is { } backup)
            {
                warn($"GPT header at 0x{sectorSize:X}: {problem ?? "no signature"}; the backup at 0x{last:X} is used");
                return backup with { IsFromBackup = true };
            }

            if (problem is not null)
            {
                damage ??= new InvalidImageException("GPT header", sectorSize, $"{problem}; backup at 0x{last:X}: {backupProblem ?? "no signature"}", Clause);
            }
        }

        return damage is null ? null : throw damage;
    }

    private static long LastSector(BlockSource disk, int sectorSize) => ((disk.Length / sectorSize) - 1) * sectorSize;

    // An image may be padded after its backup: the header knows better than its length.
    private static long FindBackup(BlockSource disk, int sectorSize)
    {
        Span<byte> sector = stackalloc byte[MasterBootRecord.Size];
        disk.ReadAt(sectorSize, sector);
        return (long)Math.Min(new Header(sector).AlternateSector, (ulong)(long.MaxValue / sectorSize)) * sectorSize;
    }

    /// <summary>Reads the header at a place, and its entries.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="place">Where the header is.</param>
    /// <param name="sectorSize">The unit of the addresses.</param>
    /// <param name="problem">Why a header that has the signature is not valid; null when there is no signature.</param>
    /// <param name="tell">Called with each entry that is not valid; it alone is left out.</param>
    private static PartitionTable? TryRead(BlockSource disk, long place, int sectorSize, out string? problem, Action<string>? tell)
    {
        problem = null;
        if (place < sectorSize || place > disk.Length - sectorSize)
        {
            return null;
        }

        Span<byte> sector = stackalloc byte[MasterBootRecord.Size];
        disk.ReadAt(place, sector);
        if (!sector.StartsWith("EFI PART"u8))
        {
            return null;
        }

        var header = new Header(sector);
        problem = header.FindProblem(place / sectorSize);
        if (problem is not null)
        {
            return null;
        }

        long entriesLength = header.EntryCount * (long)header.EntrySize;
        if (header.EntriesSector > (ulong)(disk.Length / sectorSize)
            || entriesLength > disk.Length - ((long)header.EntriesSector * sectorSize))
        {
            problem = "its entries lie beyond the end of the disk";
            return null;
        }

        byte[] entries = new byte[entriesLength];
        disk.ReadAt((long)header.EntriesSector * sectorSize, entries);
        if (Crc32.HashToUInt32(entries) != header.EntriesChecksum)
        {
            problem = "the checksum of its entries is wrong";
            return null;
        }

        // The headers of an image that was cut short still know where the disk ended. A partition that begins on it and continues beyond is
        // cut short itself.
        ulong addressable = (ulong)(long.MaxValue / sectorSize) - 1;
        ulong lastSector = Math.Min(
            Math.Max((ulong)(LastSector(disk, sectorSize) / sectorSize), Math.Max(header.AlternateSector, (ulong)(place / sectorSize))), addressable);
        var partitions = new List<Partition>();
        for (int i = 0; i < header.EntryCount; i++)
        {
            var entry = new Entry(entries.AsSpan(i * header.EntrySize, MinEntrySize));
            if (entry.Type == Guid.Empty)
            {
                continue;
            }

            if (entry.FirstSector > entry.LastSector || entry.FirstSector > lastSector || entry.LastSector > addressable)
            {
                tell?.Invoke(
                    $"GPT entry {i + 1} goes from sector {entry.FirstSector} to {entry.LastSector}" +
                    $"{(entry.FirstSector > entry.LastSector ? string.Empty : $" of a disk that ends with {lastSector}")}: it is left out");
                continue;
            }

            partitions.Add(entry.ToPartition(i + 1, sectorSize));
        }

        return new PartitionTable(disk, "gpt", header.DiskId.ToString(), partitions) { SectorSize = sectorSize };
    }

    /// <summary>The header (UEFI 5.3.2, table 5.5): 92 bytes and what the future adds.</summary>
    private readonly ref struct Header(ReadOnlySpan<byte> bytes)
    {
        private const int MinSize = 92;

        private readonly ReadOnlySpan<byte> _bytes = bytes;

        internal ulong AlternateSector => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[32..]);

        internal ulong EntriesSector => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[72..]);

        internal uint EntryCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[80..]);

        internal int EntrySize => (int)BinaryPrimitives.ReadUInt32LittleEndian(_bytes[84..]);

        internal uint EntriesChecksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[88..]);

        internal Guid DiskId => new(_bytes.Slice(56, 16));

        private uint Size => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[12..]);

        private uint Checksum => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]);

        private ulong OwnSector => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[24..]);

        internal string? FindProblem(long sector)
        {
            if (Size is < MinSize or > MasterBootRecord.Size)
            {
                return $"its size is {Size}";
            }

            Span<byte> copy = stackalloc byte[(int)Size];
            _bytes[..(int)Size].CopyTo(copy);
            copy.Slice(16, 4).Clear();
            if (Crc32.HashToUInt32(copy) != Checksum)
            {
                return "its checksum is wrong";
            }

            if (OwnSector != (ulong)sector)
            {
                return $"it says that it is in sector {OwnSector}";
            }

            uint entrySize = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[84..]);
            if (entrySize is < MinEntrySize or > MaxEntrySize || entrySize % MinEntrySize != 0)
            {
                return $"its entries are of {entrySize} bytes";
            }

            return EntryCount > MaxEntries ? $"it has {EntryCount} entries" : null;
        }
    }

    /// <summary>An entry (UEFI 5.3.3, table 5.6).</summary>
    private readonly ref struct Entry(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        internal Guid Type => new(_bytes[..16]);

        internal ulong FirstSector => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[32..]);

        internal ulong LastSector => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[40..]);

        private ulong Attributes => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[48..]);

        internal Partition ToPartition(int number, int sectorSize)
        {
            string name = Encoding.Unicode.GetString(_bytes.Slice(56, 72));
            int end = name.IndexOf('\0', StringComparison.Ordinal);
            return new Partition(number, (long)FirstSector * sectorSize, checked((long)(LastSector - FirstSector + 1) * sectorSize), Type.ToString())
            {
                Name = end < 0 ? name : name[..end],
                Uuid = new Guid(_bytes.Slice(16, 16)).ToString(),
                IsBootable = (Attributes & LegacyBootable) != 0,
            };
        }
    }
}
