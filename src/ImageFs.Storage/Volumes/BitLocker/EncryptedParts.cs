using System.Buffers.Binary;
using System.IO.Hashing;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>
/// Which parts of a volume are encrypted, where that is done when they are first written to (encrypt on write: "used space only" until Windows
/// has been everywhere): for each region a bit map, of which the newer of two records counts. The structures are those that dissect.fve names
/// FVE_EOW_INFORMATION, FVE_EOW_BITMAP and FVE_EOW_BITMAP_RECORD.
/// </summary>
internal sealed class EncryptedParts
{
    private const string Structure = "BitLocker's map of encrypted parts";
    private const int HeaderSize = 56;
    private const int BitmapHeaderSize = 60;
    private const int RecordHeaderSize = 36;
    private const int RecordCount = 2;

    // Of all maps together.
    private const long MaxMemory = 64 << 20;

    // Bits looked at for one answer.
    private const long MaxRun = 1 << 16;

    private readonly List<Region> _regions = [];
    private readonly List<(long Offset, long Length)> _reserved = [];
    private readonly int _chunkSize;

    private EncryptedParts(int chunkSize) => _chunkSize = chunkSize;

    /// <summary>Places that these structures take: Windows shows zeros there.</summary>
    public IReadOnlyList<(long Offset, long Length)> Reserved => _reserved;

    /// <summary>Bytes of memory that it takes.</summary>
    public long Size { get; private set; }

    /// <summary>Reads the maps of a volume.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="offsets">Where the copies of the first structure are.</param>
    /// <param name="sectorSize">Bytes of a sector.</param>
    /// <exception cref="ImageException">All copies are damaged, or a map is.</exception>
    public static EncryptedParts Read(BlockSource source, ulong[] offsets, int sectorSize)
    {
        ImageException? problem = null;
        foreach (ulong offset in offsets)
        {
            try
            {
                return Parse(source, ReadChecked(source, offset, "FVE-EOW\0"u8, HeaderSize, static bytes => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(10)), checksumPlace: 36), offsets, sectorSize);
            }
            catch (ImageException e)
            {
                problem ??= e;
            }
        }

        throw problem!;
    }

    /// <summary>Whether the bytes from an address on are encrypted, and how many of them.</summary>
    /// <param name="address">In the volume.</param>
    /// <param name="isEncrypted">Whether they are.</param>
    /// <returns>Bytes for which it is the same; at least 1.</returns>
    /// <exception cref="InvalidImageException">No map says it.</exception>
    public long At(long address, out bool isEncrypted)
    {
        int index = _regions.FindLastIndex(region => region.Offset <= address);
        long chunk = index < 0 ? -1 : (address - _regions[index].Offset) / _chunkSize;
        if (index < 0 || chunk >= _regions[index].Bits)
        {
            throw new InvalidImageException(Structure, address, "no map says whether this is encrypted");
        }

        Region found = _regions[index];
        isEncrypted = found.IsSet(chunk);
        long end = chunk + 1;
        while (end < found.Bits && end - chunk < MaxRun && found.IsSet(end) == isEncrypted)
        {
            end++;
        }

        return found.Offset + (end * _chunkSize) - address;
    }

    private static EncryptedParts Parse(BlockSource source, byte[] header, ulong[] offsets, int sectorSize)
    {
        int headerSize = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(8));
        long chunkSize = UInt32(header, 20);
        long logSize = UInt32(header, 24);
        if (headerSize < HeaderSize || headerSize > header.Length || chunkSize < sectorSize || chunkSize > int.MaxValue || chunkSize % sectorSize != 0)
        {
            throw new InvalidImageException(Structure, 0, $"its header has {headerSize} of {header.Length} bytes, and its parts {chunkSize}");
        }

        var parts = new EncryptedParts((int)chunkSize);
        foreach (ulong offset in offsets)
        {
            parts.Reserve(source, offset, header.Length, sectorSize);
        }

        for (int at = headerSize; at + 8 <= header.Length; at += 8)
        {
            parts.Add(source, BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(at)), logSize, sectorSize);
        }

        parts._regions.Sort((one, other) => one.Offset.CompareTo(other.Offset));
        return parts;
    }

    private void Add(BlockSource source, ulong address, long logSize, int sectorSize)
    {
        byte[] bitmap = ReadChecked(source, address, "FVE-EOWBM\0"u8, BitmapHeaderSize, static bytes => UInt32(bytes, 44), checksumPlace: 56);
        long size = UInt32(bitmap, 12);
        Reserve(source, address, size, sectorSize);
        Reserve(source, UInt64(bitmap, 36), logSize, sectorSize);
        byte[]? newest = null;
        ImageException? problem = null;
        for (int i = 0; i < RecordCount; i++)
        {
            try
            {
                byte[] record = ReadChecked(source, address + (ulong)UInt32(bitmap, 44 + (4 * i)), "FVE-EOWBR\0"u8, RecordHeaderSize, static bytes => UInt32(bytes, 12), checksumPlace: 32);
                if (newest is null || UInt64(record, 20) > UInt64(newest, 20))
                {
                    newest = record;
                }
            }
            catch (ImageException e)
            {
                problem ??= e;
            }
        }

        byte[] used = newest ?? throw problem!;
        int start = BinaryPrimitives.ReadUInt16LittleEndian(used.AsSpan(10));
        long bits = UInt32(used, 16);
        ulong offset = UInt64(bitmap, 20);
        if (start < RecordHeaderSize || start > used.Length || bits > (used.Length - start) * 8L || offset > (ulong)source.Length)
        {
            throw new InvalidImageException(Structure, (long)address, $"its {bits} bits are not in its {used.Length} bytes, or what it is for is beyond the end");
        }

        _regions.Add(new Region((long)offset, bits, used, start));
        Size = _regions.Sum(region => (long)region.Record.Length);
        if (Size > MaxMemory)
        {
            throw new UnsupportedFeatureException($"BitLocker with more than {MaxMemory} bytes of maps of what is encrypted (Windows has to end the encryption)");
        }
    }

    private void Reserve(BlockSource source, ulong offset, long length, int sectorSize)
    {
        if (offset > 0 && offset < (ulong)source.Length && length > 0)
        {
            _reserved.Add(((long)offset, (length + sectorSize - 1) / sectorSize * sectorSize));
        }
    }

    // A structure whose checksum, which is in it, is computed with zeros in its place. Of a bit map it is for what lies before its first record.
    private static byte[] ReadChecked(BlockSource source, ulong address, ReadOnlySpan<byte> mark, int headerSize, Func<byte[], long> sizeOf, int checksumPlace)
    {
        if (address > (ulong)Math.Max(0, source.Length - headerSize))
        {
            throw new TruncatedImageException((long)Math.Min(address, long.MaxValue), source.Length);
        }

        byte[] header = new byte[headerSize];
        source.ReadAt((long)address, header);
        long size = sizeOf(header);
        if (!header.AsSpan().StartsWith(mark) || size < headerSize || size > MaxMemory || size > source.Length - (long)address)
        {
            throw new InvalidImageException(Structure, (long)address, $"it does not begin with its mark, or its size of {size} bytes cannot be");
        }

        byte[] bytes = new byte[size];
        source.ReadAt((long)address, bytes);
        uint checksum = (uint)UInt32(bytes, checksumPlace);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(checksumPlace), 0);
        return Crc32.HashToUInt32(bytes) == checksum ? bytes : throw new InvalidImageException(Structure, (long)address, "its checksum is not that of its bytes");
    }

    private static long UInt32(byte[] bytes, int place) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(place));

    private static ulong UInt64(byte[] bytes, int place) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(place));

    /// <summary>A region with a bit map.</summary>
    private sealed record Region(long Offset, long Bits, byte[] Record, int Start)
    {
        public bool IsSet(long bit) => (Record[Start + (int)(bit / 8)] & (1 << (int)(bit % 8))) != 0;
    }
}
