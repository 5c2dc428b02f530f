using System.Buffers;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>
/// Metadata: blocks of 8 KiB that are compressed one by one, each behind two bytes that tell how long it is and whether it is compressed. One
/// that was decoded is kept, with the indexes of directories: to decode it takes as long as to make one of those.
/// </summary>
internal sealed class MetadataReader
{
    private const string Structure = "metadata block";
    private const string Clause = "SQUASHFS_METADATA_SIZE";
    private const int PlainBit = 1 << 15;
    private const int HeaderSize = 2;

    // What an object and its entry take beside the bytes.
    private const int OwnWeight = 80;

    private const int Gates = 16;

    private readonly BlockSource _source;
    private readonly Codec _codec;
    private readonly bool _isBigEndian;
    private readonly int _headerSize;
    private readonly IndexShare _kept;
    private readonly Lock[] _gates = [.. Enumerable.Range(0, Gates).Select(_ => new Lock())];

    /// <param name="source">The volume.</param>
    /// <param name="super">Its super block.</param>
    /// <param name="codec">How it is compressed.</param>
    /// <param name="kept">Keeps blocks.</param>
    public MetadataReader(BlockSource source, SuperBlock super, Codec codec, IndexShare kept)
    {
        _source = source;
        _codec = codec;
        _kept = kept;
        _isBigEndian = super.Magic.IsBigEndian;
        _headerSize = super.Major < 4 && super.Flags.HasFlag(SuperBlockFlags.Check) ? HeaderSize + 1 : HeaderSize;
    }

    /// <summary>The block that begins at an address.</summary>
    /// <exception cref="ImageException">It is not there, or damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public MetadataBlock Read(long address)
    {
        var key = (UInt128)(ulong)address;
        MetadataBlock? known = _kept.Find<MetadataBlock>(key);
        CacheCounts.Count(known is not null);
        if (known is not null)
        {
            return known;
        }

        // Who wants the same waits.
        lock (_gates[(int)(address % Gates)])
        {
            return _kept.Find<MetadataBlock>(key) ?? Load(address, key);
        }
    }

    /// <summary>A reader of bytes from a place on.</summary>
    public MetadataCursor Open(MetadataPosition position) => new(this, position);

    /// <summary>Asks the device, without waiting, for metadata blocks.</summary>
    /// <param name="address">Where the first begins.</param>
    /// <param name="length">Bytes, as they are stored.</param>
    public void Prefetch(long address, long length)
    {
        if (address < _source.Length && length > 0)
        {
            _source.Prefetch(address, length);
        }
    }

    private MetadataBlock Load(long address, UInt128 key)
    {
        MetadataBlock block = Decode(address);
        _kept.Add(key, block, block.Bytes.Length + OwnWeight);
        return block;
    }

    private MetadataBlock Decode(long address)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        _source.ReadAt(address, header);
        int value = new Layout.Fields(header, _isBigEndian).Small(new Layout.Field(0, 16));
        int length = value & ~PlainBit;
        if (length is 0 or > MetadataBlock.MaxLength)
        {
            throw new InvalidImageException(Structure, address, $"it has {length} bytes", Clause);
        }

        long start = address + _headerSize;
        byte[] stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            _source.ReadAt(start, stored.AsSpan(0, length));
            return new MetadataBlock(value != length ? stored[..length] : Decode(address, stored.AsMemory(0, length)), start + length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }

    private byte[] Decode(long address, ReadOnlyMemory<byte> stored)
    {
        using var buffer = new PooledBuffer(MetadataBlock.MaxLength);
        return _codec.TryDecode(stored, buffer.Span, out int length) && length > 0
            ? buffer.Span[..length].ToArray()
            : throw new InvalidImageException(Structure, address, $"its {stored.Length} bytes are no whole stream of {_codec.Name} with at most {MetadataBlock.MaxLength} bytes in it", Clause);
    }
}
