using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// A continuation area, read once: its bytes, and where the entries are that say something. Many records can have one area, and an area
/// can have hundreds of entries that no reader knows, or that only repeat what was said.
/// </summary>
internal sealed class ContinuationEntries
{
    private readonly byte[] _area;
    private readonly ushort[] _places;

    private ContinuationEntries(byte[] area, ushort[] places, bool isBroken)
    {
        _area = area;
        _places = places;
        IsBroken = isBroken;
    }

    /// <summary>Bytes of the area.</summary>
    public int Length => _area.Length;

    /// <summary>Entries that say something.</summary>
    public int Count => _places.Length;

    /// <summary>Whether an entry of impossible length follows them.</summary>
    public bool IsBroken { get; }

    /// <summary>Takes an area apart.</summary>
    /// <param name="area">All of it; it is kept.</param>
    public static ContinuationEntries Read(byte[] area)
    {
        var places = new List<ushort>();
        bool isBroken = false;
        for (int at = 0; SystemUseEntry.Fits(area.Length - at);)
        {
            int length = area[at + 2];
            if (length < SystemUseEntry.HeaderLength || length > area.Length - at)
            {
                isBroken = true;
                break;
            }

            ReadOnlySpan<byte> entry = area.AsSpan(at, length);
            if (SystemUseSignature.IsKnown(SystemUseEntry.ToSignature(entry)) && !(places.Count > 0 && Repeats(entry, Entry(area, places[^1]))))
            {
                places.Add((ushort)at);
            }

            at = SystemUseEntry.ToSignature(entry) == SystemUseSignature.ST ? area.Length : at + length;
        }

        return new ContinuationEntries(area, [.. places], isBroken);
    }

    /// <summary>The bytes of an entry.</summary>
    /// <param name="index">Which: below <see cref="Count"/>.</param>
    /// <param name="offset">Where it is in the area.</param>
    public ReadOnlySpan<byte> At(int index, out int offset)
    {
        offset = _places[index];
        return Entry(_area, offset);
    }

    private static ReadOnlySpan<byte> Entry(byte[] area, int place) => area.AsSpan(place, area[place + 2]);

    // Of entries given twice the last counts; but parts of a name or a target are joined, and only an empty part says nothing.
    private static bool Repeats(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> before) => entry.SequenceEqual(before)
        && (SystemUseEntry.ToSignature(entry) is not (SystemUseSignature.NM or SystemUseSignature.SL) || entry.Length == SystemUseEntry.HeaderLength + 1);
}

/// <summary>
/// Goes through the System Use Entries of a directory record, on into its continuation areas (SUSP 1.12 sections 4 and 5).
/// </summary>
internal ref struct SystemUseReader
{
    /// <summary>Bytes that the buffer of an entry has.</summary>
    public const int BufferLength = 255;

    // Linux follows this many.
    private const int MaxContinuations = 32;

    // All areas of a record together; Linux has one block for each of its 32. A hostile image must not make a record cost megabytes.
    private const int MaxContinuationBytes = 64 * 1024;

    // Longer areas are taken apart once for all records that lead to them; shorter ones are read faster than looked for.
    private const int MinKept = 512;
    private const int MaxKept = 2048;
    private const int KeyLengthBits = 12;

    private readonly BlockCache _blocks;
    private readonly SlotCache<long, ContinuationEntries> _known;
    private readonly int _blockSize;
    private readonly Span<byte> _buffer;
    private ContinuationEntries? _area;
    private int _areaIndex;
    private long _bufferAddress;
    private int _bufferLength;
    private long _address;
    private long _end;
    private long _nextAddress;
    private long _nextEnd;
    private int _continuations;
    private long _continuationBytes;
    private ReadOnlySpan<byte> _entry;
    private long _entryAddress;

    /// <param name="blocks">The volume, through its cache.</param>
    /// <param name="known">Its continuation areas that were last read.</param>
    /// <param name="blockSize">Its logical block size.</param>
    /// <param name="address">Where the first entry is.</param>
    /// <param name="area">The System Use area from there on, of which the record at hand has all.</param>
    /// <param name="buffer">At least <see cref="BufferLength"/> bytes, for the current entry.</param>
    public SystemUseReader(BlockCache blocks, SlotCache<long, ContinuationEntries> known, int blockSize, long address, ReadOnlySpan<byte> area, Span<byte> buffer)
    {
        _blocks = blocks;
        _known = known;
        _blockSize = blockSize;
        _address = address;
        _end = address + area.Length;
        _buffer = buffer;
        area.CopyTo(buffer);
        _bufferAddress = address;
        _bufferLength = area.Length;
    }

    /// <summary>The entry that the reader is on.</summary>
    public readonly SystemUseEntry Current => new(_entry, _entryAddress);

    /// <summary>Whether reading ended at an entry of impossible length. Linux then takes what was read for good, but for a name.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>What going through them has cost so far, in entries; those of areas that were known already are not counted.</summary>
    public long Steps { get; private set; }

    /// <summary>Goes to the next entry; CE and ST are dealt with here.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="InvalidImageException">A continuation area is not valid.</exception>
    /// <exception cref="TruncatedImageException">A continuation area lies beyond the end of the image.</exception>
    public bool MoveNext()
    {
        while (TryReadEntry() || TryContinue())
        {
            Steps++;
            if (_entry.Length == 0)
            {
                continue;
            }

            switch (Current.Signature)
            {
                case SystemUseSignature.CE:
                    NoteContinuation(new ContinuationArea(Current));
                    break;
                case SystemUseSignature.ST:
                    _address = _end;
                    _areaIndex = _area?.Count ?? 0;
                    break;
                default:
                    return true;
            }
        }

        return false;
    }

    private bool TryReadEntry()
    {
        if (_area is not null)
        {
            return TryTakeEntry(_area);
        }

        int available = (int)Math.Min(BufferLength, _end - _address);
        if (IsBroken || !SystemUseEntry.Fits(available))
        {
            return false;
        }

        int at = (int)Math.Min(_address - _bufferAddress, _bufferLength);
        if (!SystemUseEntry.Fits(_bufferLength - at) || _buffer[at + 2] > _bufferLength - at)
        {
            _blocks.ReadAt(_address, _buffer[..available]);
            _bufferAddress = _address;
            _bufferLength = available;
            at = 0;
        }

        int length = _buffer[at + 2];
        if (length < SystemUseEntry.HeaderLength || length > available)
        {
            IsBroken = true;
            return false;
        }

        _entry = _buffer.Slice(at, length);
        _entryAddress = _address;
        _address += length;
        return true;
    }

    private bool TryTakeEntry(ContinuationEntries area)
    {
        if (_areaIndex < area.Count)
        {
            _entry = area.At(_areaIndex++, out int offset);
            _entryAddress = _address + offset;
            return true;
        }

        IsBroken |= area.IsBroken;
        return false;
    }

    private void NoteContinuation(ContinuationArea area)
    {
        _nextAddress = (area.Location * (long)_blockSize) + area.Offset;
        _nextEnd = _nextAddress + area.AreaLength;
        string? problem = FindProblem(area);
        if (problem is not null)
        {
            throw new InvalidImageException("CE entry", Current.Address, problem, "SUSP 5.1");
        }
    }

    private string? FindProblem(ContinuationArea area)
    {
        if (++_continuations >= MaxContinuations)
        {
            return $"more than {MaxContinuations} continuation areas follow one another";
        }

        _continuationBytes += area.AreaLength;
        if (area.Offset >= _blockSize || _continuationBytes > MaxContinuationBytes)
        {
            return $"a continuation area of {area.AreaLength} bytes at byte {area.Offset} of a block of {_blockSize}, {_continuationBytes} in all";
        }

        return _nextEnd > _blocks.Length ? $"a continuation area at 0x{_nextAddress:X}, beyond the end of the image" : null;
    }

    private bool TryContinue()
    {
        if (_nextAddress == 0 || IsBroken)
        {
            return false;
        }

        _address = _nextAddress;
        _end = _nextEnd;
        _nextAddress = 0;
        _entry = default;

        // It may lie before what is in the buffer.
        _bufferAddress = _address;
        _bufferLength = 0;
        int length = (int)(_end - _address);
        _area = length is >= MinKept and <= MaxKept ? Find(length) : null;
        _areaIndex = 0;
        return true;
    }

    private ContinuationEntries Find(int length)
    {
        long key = (_address << KeyLengthBits) | (uint)length;
        if (!_known.TryFind(key, out ContinuationEntries area))
        {
            byte[] bytes = new byte[length];
            _blocks.ReadAt(_address, bytes);
            area = ContinuationEntries.Read(bytes);
            Steps += length / SystemUseEntry.HeaderLength;
            _known.Add(key, area);
        }

        return area;
    }
}
