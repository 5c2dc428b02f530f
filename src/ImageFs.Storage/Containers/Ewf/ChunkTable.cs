using System.Buffers;
using System.Buffers.Binary;

namespace ImageFs.Storage.Containers.Ewf;

/// <summary>A chunk of the disk, as it is stored.</summary>
/// <param name="Address">Where it begins in its segment.</param>
/// <param name="Length">Bytes of it there; of one that is not compressed, with its checksum.</param>
/// <param name="IsCompressed">Whether it is compressed.</param>
internal readonly record struct StoredChunk(long Address, long Length, bool IsCompressed);

/// <summary>Where the entries of a table are.</summary>
/// <param name="Section">The section.</param>
/// <param name="Count">Entries.</param>
/// <param name="Base">What is added to each.</param>
internal readonly record struct TableCopy(Section Section, int Count, long Base)
{
    /// <summary>Where the first entry is.</summary>
    public long Entries => Section.Start + TableHeader.Length;

    /// <summary>Where the checksum of the entries is.</summary>
    public long Checksum => Entries + ((long)Count * sizeof(uint));
}

/// <summary>A table that tells where some chunks are, and the copy of it that most writers add. Both are looked at when the first chunk of it is wanted.</summary>
/// <param name="segment">The segment that it and the chunks are in.</param>
/// <param name="first">The number of its first chunk.</param>
/// <param name="copies">Its copies whose headers are sound, one or two; the first counts.</param>
/// <param name="end">Where the last chunk ends at the latest.</param>
/// <param name="hasChecksum">Whether a checksum is behind the entries; the chunks are, where it has none.</param>
internal sealed class ChunkTable(Segment segment, long first, IReadOnlyList<TableCopy> copies, long end, bool hasChecksum)
{
    private const uint CompressedFlag = 0x8000_0000;
    private const int EntryLength = sizeof(uint);
    private const int PieceLength = 1 << 16;

    // Which copy is sound, as (copy + 1) in the upper half, and the first entry of it that has no flag in the lower one. 0 while nobody knows.
    private long _sound;

    /// <summary>The number of its first chunk.</summary>
    public long First => first;

    /// <summary>Chunks that it has.</summary>
    public int Count => copies[0].Count;

    /// <summary>The segment that it and the chunks are in.</summary>
    public Segment Segment => segment;

    /// <summary>Where a chunk is.</summary>
    /// <param name="index">Its place in the table.</param>
    /// <exception cref="InvalidImageException">No copy of the table is sound, or the chunk cannot be there.</exception>
    /// <exception cref="TruncatedImageException">The file ends before.</exception>
    public StoredChunk Find(int index)
    {
        TableCopy copy = FindSound(out int flagged);
        Span<byte> bytes = stackalloc byte[2 * EntryLength];
        bool isLast = index == copy.Count - 1;
        long place = copy.Entries + ((long)index * EntryLength);
        segment.Cache.ReadAt(place, isLast ? bytes[..EntryLength] : bytes);
        uint entry = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        long address = copy.Base + OffsetOf(entry, index < flagged);
        long next = isLast ? end : copy.Base + OffsetOf(BinaryPrimitives.ReadUInt32LittleEndian(bytes[EntryLength..]), index + 1 < flagged);
        if (address < SegmentHeader.Length || next <= address || next > end)
        {
            throw segment.Invalid("table section", place, $"the chunk is to lie between 0x{address:X} and 0x{next:X}, and chunks end at 0x{end:X}");
        }

        return new StoredChunk(address, next - address, index < flagged && (entry & CompressedFlag) != 0);
    }

    /// <summary>What is wrong with each copy; nothing of one that is sound.</summary>
    public IEnumerable<InvalidImageException> FindDamage()
    {
        foreach (TableCopy copy in copies)
        {
            if (!IsSound(copy, out _))
            {
                yield return Damage(copy);
            }
        }
    }

    private static uint OffsetOf(uint entry, bool isFlagged) => isFlagged ? entry & ~CompressedFlag : entry;

    private TableCopy FindSound(out int flagged)
    {
        long sound = Volatile.Read(ref _sound);
        for (int i = 0; sound == 0 && i < copies.Count; i++)
        {
            if (IsSound(copies[i], out int firstPlain))
            {
                sound = ((i + 1L) << 32) | (uint)firstPlain;
                Volatile.Write(ref _sound, sound);
            }
        }

        if (sound == 0)
        {
            throw Damage(copies[0]);
        }

        flagged = (int)(sound & int.MaxValue);
        return copies[(int)(sound >> 32) - 1];
    }

    private InvalidImageException Damage(in TableCopy copy) =>
        segment.Invalid("table section", copy.Section.Address, $"the checksum of its {copy.Count} entries is wrong");

    // Chunks lie one after the other. Behind 2 GiB from the base on some writers need all bits for the place, and store all chunks as they are
    // (EnCase 6.7): the entry after which they do is where places would go back.
    private bool IsSound(in TableCopy copy, out int flagged)
    {
        flagged = copy.Count;
        uint checksum = Adler32.Start;
        uint before = 0;
        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            for (int done = 0; done < copy.Count;)
            {
                int count = Math.Min(PieceLength / EntryLength, copy.Count - done);
                Span<byte> bytes = piece.AsSpan(0, count * EntryLength);
                segment.Source.ReadAt(copy.Entries + ((long)done * EntryLength), bytes);
                checksum = Adler32.Append(checksum, bytes);
                for (int i = 0; i < count && flagged == copy.Count; i++)
                {
                    uint entry = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * EntryLength)..]);
                    uint offset = entry & ~CompressedFlag;
                    if (offset < before && (entry & CompressedFlag) != 0)
                    {
                        flagged = done + i;
                    }

                    before = offset;
                }

                done += count;
            }

            if (!hasChecksum)
            {
                return true;
            }

            segment.Source.ReadAt(copy.Checksum, piece.AsSpan(0, sizeof(uint)));
            return BinaryPrimitives.ReadUInt32LittleEndian(piece) == checksum;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }
}
