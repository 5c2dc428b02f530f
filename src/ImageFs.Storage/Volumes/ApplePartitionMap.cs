using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Volumes;

/// <summary>Apple's partition map (Inside Macintosh: Devices, 3-12): block 0 with "ER", then a block with "PM" for each partition, the map's own too.</summary>
internal sealed class ApplePartitionMap : PartitionTableFormat
{
    private const int EntryLength = 512;
    private const int MaxEntries = 256;
    private const int TextLength = 32;
    private const uint Bootable = 0x08;

    /// <inheritdoc/>
    public override string Name => "mac";

    /// <inheritdoc/>
    public override string Title => "Apple's partition map";

    /// <summary>Reads the map; null when the disk has none.</summary>
    internal override PartitionTable? Read(BlockSource disk, SectorSizes sizes, Action<string> warn)
    {
        if (disk.Length < 2 * EntryLength)
        {
            return null;
        }

        Span<byte> block = stackalloc byte[EntryLength];
        disk.ReadAt(0, block);
        if (!block.StartsWith("ER"u8))
        {
            return null;
        }

        // Linux believes block 0; a hybrid disc's says 2048 where its map is of 512, or the other way round.
        int told = BinaryPrimitives.ReadUInt16BigEndian(block[2..]);
        return sizes.Candidates.Order().OrderBy(size => size != told).Select(size => TryRead(disk, size, warn)).FirstOrDefault(table => table is not null);
    }

    private static PartitionTable? TryRead(BlockSource disk, int blockSize, Action<string> warn)
    {
        var partitions = new List<Partition>();
        long count = 1;
        byte[] bytes = new byte[EntryLength];
        for (int number = 1; number <= count; number++)
        {
            long place = (long)number * blockSize;
            if (place > disk.Length - EntryLength)
            {
                break;
            }

            disk.ReadAt(place, bytes);
            var entry = new Entry(bytes);
            if (!entry.IsValid)
            {
                if (number > 1)
                {
                    warn($"Apple partition map: there is no entry {number} of {count} at 0x{place:X}");
                }

                break;
            }

            if (number == 1)
            {
                count = Math.Min(entry.EntryCount, MaxEntries);
            }

            partitions.Add(entry.ToPartition(number, blockSize));
        }

        return partitions.Count == 0 ? null : new PartitionTable(disk, "mac", string.Empty, partitions) { SectorSize = blockSize };
    }

    /// <summary>An entry of the map.</summary>
    private readonly ref struct Entry(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> _bytes = bytes;

        internal bool IsValid => _bytes.StartsWith("PM"u8);

        /// <summary>Entries of the whole map: each tells.</summary>
        internal uint EntryCount => BinaryPrimitives.ReadUInt32BigEndian(_bytes[4..]);

        internal Partition ToPartition(int number, int blockSize) => new(
            number,
            BinaryPrimitives.ReadUInt32BigEndian(_bytes[8..]) * (long)blockSize,
            BinaryPrimitives.ReadUInt32BigEndian(_bytes[12..]) * (long)blockSize,
            ReadText(_bytes.Slice(48, TextLength)))
        {
            Name = ReadText(_bytes.Slice(16, TextLength)),
            IsBootable = (BinaryPrimitives.ReadUInt32BigEndian(_bytes[88..]) & Bootable) != 0,
        };

        private static string ReadText(ReadOnlySpan<byte> field)
        {
            int end = field.IndexOf((byte)0);
            return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
        }
    }
}
