using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>
/// A bounded cache of blocks of metadata, each checked when it is read. Like <see cref="BlockCache"/> it has no lock, because blocks
/// never change; unlike it, it hands out the block itself, and remembers as what, and for which owner, it was checked.
/// </summary>
internal sealed class MetadataBlocks
{
    private const int MaxBytes = 1 << 20;

    private readonly BlockSource _source;
    private readonly Geometry _geometry;
    private readonly Entry?[] _entries;

    /// <param name="source">The volume.</param>
    /// <param name="geometry">Its block size and number of blocks.</param>
    public MetadataBlocks(BlockSource source, Geometry geometry)
    {
        _source = source;
        _geometry = geometry;
        _entries = new Entry?[MaxBytes / geometry.BlockSize];
    }

    /// <summary>A block that no check is known for.</summary>
    /// <param name="number">Its number.</param>
    /// <exception cref="TruncatedImageException">The image ends before it does.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Read(long number) => Read(number, null, 0);

    /// <summary>A block that was checked.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="check">What it has to be.</param>
    /// <param name="seed">Where its checksum begins.</param>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends before it does.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Read(long number, MetadataCheck? check, uint seed)
    {
        ref Entry? slot = ref _entries[(int)(number % _entries.Length)];
        Entry? entry = Volatile.Read(ref slot);
        if (entry is null || entry.Number != number || entry.Check != check || entry.Seed != seed)
        {
            byte[] bytes = entry?.Number == number ? entry.Bytes : Load(number);
            check?.Verify(bytes, _geometry.AddressOf(number), seed);
            entry = new Entry(number, check, seed, bytes);
            Volatile.Write(ref slot, entry);
        }

        return entry.Bytes;
    }

    private byte[] Load(long number)
    {
        byte[] bytes = new byte[_geometry.BlockSize];
        _source.ReadAt(_geometry.AddressOf(number), bytes);
        return bytes;
    }

    private sealed class Entry(long number, MetadataCheck? check, uint seed, byte[] bytes)
    {
        public long Number => number;

        public MetadataCheck? Check => check;

        public uint Seed => seed;

        public byte[] Bytes => bytes;
    }
}
