using System.Buffers.Binary;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Containers;

/// <summary>Looks for tables that a table of tables names more than once.</summary>
internal static class SharedTables
{
    private const int PieceLength = 1 << 16;

    /// <summary>Reads a table of tables.</summary>
    /// <param name="source">The file.</param>
    /// <param name="structure">What the table is called.</param>
    /// <param name="address">Where it begins.</param>
    /// <param name="count">Its entries.</param>
    /// <param name="entryLength">Bytes of an entry: 8, big-endian, or 4, little-endian.</param>
    /// <param name="mask">The bits that tell where a table is; 0 is none.</param>
    internal static Finding? Find(BlockSource source, string structure, long address, long count, int entryLength, ulong mask)
    {
        var seen = new HashSet<ulong>();
        byte[] piece = new byte[PieceLength];
        for (long done = 0; done < count;)
        {
            int entries = (int)Math.Min(PieceLength / entryLength, count - done);
            source.ReadAt(address + (done * entryLength), piece.AsSpan(0, entries * entryLength));
            for (int i = 0; i < entries; i++)
            {
                ReadOnlySpan<byte> entry = piece.AsSpan(i * entryLength, entryLength);
                ulong place = mask & (entryLength == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(entry) : BinaryPrimitives.ReadUInt32LittleEndian(entry));
                if (place != 0 && !seen.Add(place))
                {
                    return new Finding(structure, address + ((done + i) * entryLength), $"the table at 0x{place:X} is named more than once");
                }
            }

            done += entries;
        }

        return null;
    }
}
