using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Udf.Partitions;

/// <summary>Which packets of a sparable partition were moved off bad sectors (UDF 2.2.12).</summary>
internal static class SparingTable
{
    private const int EntriesPlace = 56;
    private const int EntryLength = 8;
    private const int MaxSize = 1024 * 1024;

    // From here on: packets that are free, or defective.
    private const uint FirstMark = 0xFFFF_FFF0;

    /// <summary>The extents of the partition.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="map">The partition's map.</param>
    /// <param name="start">First byte of the partition.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="blockSize">Bytes in a block.</param>
    /// <param name="warn">Called with a table that is damaged, when another is not.</param>
    /// <exception cref="ImageException">All tables are damaged, or the map is.</exception>
    public static ExtentMap Layout(BlockSource source, PartitionMap map, long start, long length, int blockSize, Action<string> warn)
    {
        long packet = (long)map.PacketLength * blockSize;
        if (packet == 0 || map.SparingTables > PartitionMap.MaxSparingTables)
        {
            throw new InvalidImageException(
                "sparable partition map", map.Address, $"packets of {map.PacketLength} blocks, {map.SparingTables} tables", "UDF 2.60 2.2.9");
        }

        var layout = new ExtentMapBuilder();
        foreach ((long moved, long place) in ReadMoved(source, map, blockSize, warn))
        {
            long from = moved * blockSize;
            if (from >= layout.Length && from < length)
            {
                layout.AppendMapped(from - layout.Length, start + layout.Length);
                layout.AppendMapped(Math.Min(packet, length - from), place * blockSize);
            }
        }

        return layout.AppendMapped(length - layout.Length, start + layout.Length).Build();
    }

    /// <summary>The packets that were moved, in order: the first block in the partition, and the block of the volume it is in now.</summary>
    private static SortedDictionary<long, long> ReadMoved(BlockSource source, PartitionMap map, int blockSize, Action<string> warn)
    {
        Exception? problem = null;
        for (int i = 0; i < map.SparingTables; i++)
        {
            try
            {
                SortedDictionary<long, long> moved = ReadTable(source, map.SparingTable(i), map.SparingTableSize, blockSize);
                if (problem is not null)
                {
                    warn($"{problem.Message}: another one is used");
                }

                return moved;
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                problem ??= e;
            }
        }

        throw problem ?? new InvalidImageException("sparable partition map", map.Address, "it has no sparing table", "UDF 2.60 2.2.9");
    }

    private static SortedDictionary<long, long> ReadTable(BlockSource source, uint location, uint size, int blockSize)
    {
        long address = (long)location * blockSize;
        byte[] bytes = new byte[Math.Clamp((long)size, blockSize, Math.Max(blockSize, MaxSize))];
        source.ReadAt(address, bytes);
        DescriptorTag.Check(bytes, location, address, TagIdentifier.SparingTable);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(48));
        bool isTable = new EntityIdentifier(bytes.AsSpan(DescriptorTag.Length)).Identifier.SequenceEqual("*UDF Sparing Table"u8);
        if (!isTable || count > (bytes.Length - EntriesPlace) / EntryLength)
        {
            throw new InvalidImageException(
                TagIdentifier.SparingTable.ToName(), address, isTable ? $"{count} entries in {bytes.Length} bytes" : "it is none", TagIdentifier.SparingTable.ToClause());
        }

        var moved = new SortedDictionary<long, long>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = bytes.AsSpan(EntriesPlace + (i * EntryLength), EntryLength);
            uint original = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            if (original < FirstMark)
            {
                moved.TryAdd(original, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]));
            }
        }

        return moved;
    }
}
