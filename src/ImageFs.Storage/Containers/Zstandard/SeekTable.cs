using System.Buffers.Binary;
using ImageFs.Storage.Containers.Packed;

namespace ImageFs.Storage.Containers.Zstandard;

/// <summary>The table at the end of a file of the seekable format (zstd's contrib/seekable_format 0.1.1).</summary>
internal sealed class SeekTable
{
    private const string Clause = "Zstandard Seekable Format 0.1.1";
    private const uint FrameMagic = 0x184D2A5E;
    private const uint Magic = 0x8F92EAB1;
    private const int FooterLength = 9;
    private const int HeaderLength = 8;
    private const int MaxFrames = 1 << 22;

    private readonly byte[] _entries;
    private readonly int _entryLength;
    private readonly Dictionary<long, uint> _checksums = [];

    private SeekTable(byte[] entries, int entryLength) => (_entries, _entryLength) = (entries, entryLength);

    /// <summary>Whether it has checksums of the frames.</summary>
    public bool HasChecksums => _entryLength == 12;

    /// <summary>Reads the table of a file.</summary>
    /// <returns>Null when it has none.</returns>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static SeekTable? TryRead(BlockSource source)
    {
        if (source.Length < FooterLength + HeaderLength)
        {
            return null;
        }

        Span<byte> footer = stackalloc byte[FooterLength];
        source.ReadAt(source.Length - FooterLength, footer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(footer[5..]) != Magic)
        {
            return null;
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(footer);
        int entryLength = (footer[4] & 0x80) != 0 ? 12 : 8;
        if (count > MaxFrames)
        {
            throw new UnsupportedFeatureException($"a zstd file of more than {MaxFrames} frames");
        }

        long length = HeaderLength + ((long)count * entryLength) + FooterLength;
        long start = source.Length - length;
        Span<byte> header = stackalloc byte[HeaderLength];
        if (start >= 0)
        {
            source.ReadAt(start, header);
        }

        if (start < 0 || (footer[4] & 0x7C) != 0 || BinaryPrimitives.ReadUInt32LittleEndian(header) != FrameMagic
            || BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) != length - HeaderLength)
        {
            throw new InvalidImageException("zstd seek table", Math.Max(start, 0), $"it is none of {count} frames", Clause);
        }

        byte[] entries = new byte[count * entryLength];
        source.ReadAt(start + HeaderLength, entries);
        long stored = 0;
        for (int at = 0; at < entries.Length; at += entryLength)
        {
            stored += BinaryPrimitives.ReadUInt32LittleEndian(entries.AsSpan(at));
        }

        return stored == start
            ? new SeekTable(entries, entryLength)
            : throw new InvalidImageException("zstd seek table", start, $"its frames have {stored} bytes, and {start} lie before it", Clause);
    }

    /// <summary>Adds the frames.</summary>
    public void AddFrames(PackedParts parts)
    {
        long address = 0;
        for (int at = 0; at < _entries.Length; at += _entryLength)
        {
            ReadOnlySpan<byte> entry = _entries.AsSpan(at, _entryLength);
            uint stored = BinaryPrimitives.ReadUInt32LittleEndian(entry);
            parts.Add(BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), address, stored);
            if (HasChecksums)
            {
                _checksums[address] = BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]);
            }

            address += stored;
        }
    }

    /// <summary>The checksum of a frame: the lower half of XXH64 of its bytes, decoded; null where the table has none.</summary>
    public uint? ChecksumOf(long address) => _checksums.TryGetValue(address, out uint checksum) ? checksum : null;
}
