using System.Buffers.Binary;
using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace ImageFs.Storage.Containers.Partclone;

/// <summary>Which blocks are in an image, and as which of them each is: what comes before a group of blocks is counted once, the rest is looked up.</summary>
internal sealed class BlockBitmap
{
    // Blocks that are counted together: 8 bytes of memory for each such group, 4 MiB for the most blocks there may be.
    private const int GroupBits = 8192;
    private const int WordBits = 64;
    private const int PieceLength = 1 << 16;

    private readonly PartcloneHeader _header;
    private readonly BlockCache _cache;
    private readonly long[] _before;

    /// <summary>Reads the bitmap once, and counts.</summary>
    /// <param name="file">The image.</param>
    /// <param name="header">Its header; the bitmap lies in the file.</param>
    /// <param name="memory">Keeps what is looked up of it.</param>
    /// <exception cref="InvalidImageException">Its checksum is wrong.</exception>
    public BlockBitmap(BlockSource file, PartcloneHeader header, MemoryBudget memory)
    {
        _header = header;
        _cache = new BlockCache(file, TableDisk.TableCacheBlock, memory.Blocks);
        _before = new long[(header.Blocks + GroupBits - 1) / GroupBits];
        Used = Count(file);
    }

    /// <summary>What is behind the bitmap of version 0001.</summary>
    public static ReadOnlySpan<byte> Signature => "BiTmAgIc"u8;

    /// <summary>Blocks that are in the image.</summary>
    public long Used { get; }

    /// <summary>Bytes of memory that it takes.</summary>
    public long Size => _before.Length * (long)sizeof(long);

    /// <summary>The blocks from one on that are all in the image, or all not, as far as its group goes.</summary>
    /// <param name="block">The first.</param>
    /// <param name="isUsed">Whether they are in the image.</param>
    /// <param name="index">How many blocks of the image come before.</param>
    /// <returns>How many blocks.</returns>
    public int Find(long block, out bool isUsed, out long index)
    {
        Span<ulong> words = stackalloc ulong[GroupBits / WordBits];
        long group = Math.DivRem(block, GroupBits, out long place);
        int bits = (int)Math.Min(GroupBits, _header.Blocks - (group * GroupBits));
        Load(group, bits, words);
        int start = (int)place;
        isUsed = IsSet(words, start);
        index = _before[group];
        for (int word = 0; word < start / WordBits; word++)
        {
            index += BitOperations.PopCount(words[word]);
        }

        index += BitOperations.PopCount(words[start / WordBits] & ((1UL << (start % WordBits)) - 1));
        int end = start + 1;
        while (end < bits && IsSet(words, end) == isUsed)
        {
            // Whole words are passed at once.
            end += end % WordBits == 0 && end + WordBits <= bits && words[end / WordBits] == (isUsed ? ulong.MaxValue : 0) ? WordBits : 1;
        }

        return end - start;
    }

    private static bool IsSet(ReadOnlySpan<ulong> words, int bit) => (words[bit / WordBits] >> (bit % WordBits) & 1) != 0;

    // One group, as bits.
    private void Load(long group, int bits, Span<ulong> words)
    {
        words.Clear();
        Span<byte> bytes = MemoryMarshal.AsBytes(words);
        if (!_header.HasByteMap)
        {
            _cache.ReadAt(_header.Bitmap + (group * (GroupBits / 8)), bytes[..((bits + 7) / 8)]);
            ToHostOrder(words);
            return;
        }

        Span<byte> map = stackalloc byte[GroupBits];
        _cache.ReadAt(_header.Bitmap + (group * GroupBits), map[..bits]);
        for (int i = 0; i < bits; i++)
        {
            words[i / WordBits] |= map[i] == 1 ? 1UL << (i % WordBits) : 0;
        }
    }

    private static void ToHostOrder(Span<ulong> words)
    {
        if (!BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(words, words);
        }
    }

    private long Count(BlockSource file)
    {
        byte[] piece = new byte[PieceLength];
        int perGroup = _header.HasByteMap ? GroupBits : GroupBits / 8;
        var crc = new Crc32();
        long used = 0;
        for (long done = 0; done < _header.BitmapLength;)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(PieceLength, _header.BitmapLength - done));
            file.ReadAt(_header.Bitmap + done, part);
            crc.Append(part);
            for (int start = 0; start < part.Length; start += perGroup)
            {
                Span<byte> group = part[start..Math.Min(part.Length, start + perGroup)];
                _before[(done + start) / perGroup] = used;
                used += _header.HasByteMap ? group.Count((byte)1) : CountBits(group, (done + start) * 8);
            }

            done += part.Length;
        }

        CheckEnd(file, ~crc.GetCurrentHashAsUInt32());
        return used;
    }

    // Bits behind the last block say nothing.
    private int CountBits(Span<byte> bytes, long firstBlock)
    {
        int behind = (int)Math.Max(0, firstBlock + (bytes.Length * 8L) - _header.Blocks);
        if (behind > 0)
        {
            bytes[^1] &= (byte)(0xFF >> behind);
        }

        int count = 0;
        foreach (byte value in bytes)
        {
            count += BitOperations.PopCount(value);
        }

        return count;
    }

    private void CheckEnd(BlockSource file, uint crc)
    {
        Span<byte> end = stackalloc byte[Signature.Length];
        end = _header.Version == 1 ? end : end[..sizeof(uint)];
        long address = _header.Bitmap + _header.BitmapLength;
        file.ReadAt(address, end);
        if (_header.Version == 1 ? !end.SequenceEqual(Signature) : BinaryPrimitives.ReadUInt32LittleEndian(end) != crc)
        {
            throw PartcloneHeader.Invalid("bitmap", address, _header.Version == 1 ? "its end is not marked" : "its checksum is wrong");
        }
    }
}
