using System.Buffers.Binary;
using ImageFs.Storage.Volumes.Lvm.Overlays;

namespace ImageFs.Storage.Volumes.Lvm.Snapshot;

/// <summary>
/// A store of what a snapshot has for itself (drivers/md/dm-snap-persistent.c): a header of a chunk, then areas: a chunk of exceptions, and the
/// chunks that they are about.
/// </summary>
internal static class SnapshotStore
{
    /// <summary>The structure that errors name.</summary>
    internal const string HeaderName = "snapshot header";

    private const string ExceptionName = "snapshot exception";
    private const string Clause = "dm-snap-persistent";
    private const uint Magic = 0x70416E53;
    private const uint Version = 1;
    private const int HeaderLength = 16;
    private const int ExceptionLength = 16;
    private const int SectorSize = 512;

    // The kernel takes memory for two chunks of any size. lvcreate allows 512 KiB.
    private const int MaxChunkSectors = 1 << 15;

    /// <summary>A volume as its snapshot has it; of one that is being merged into its origin, the origin as it will be.</summary>
    /// <param name="origin">The origin.</param>
    /// <param name="store">The store.</param>
    /// <param name="length">Bytes of the snapshot.</param>
    /// <exception cref="UnsupportedFeatureException">The snapshot was given up, for its store was full; or there is too much in it.</exception>
    /// <exception cref="ImageException">The store is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static BlockSource Open(BlockSource origin, BlockSource store, long length)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        store.ReadAt(0, header);
        uint magic = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (magic == 0)
        {
            // It was made, but never used: the kernel writes the header then.
            return new BlockSlice(origin, 0, length);
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
        uint sectors = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        if (magic != Magic)
        {
            throw new InvalidImageException(HeaderName, 0, "it does not begin with \"SnAp\"", Clause);
        }

        if (version != Version)
        {
            throw new UnsupportedFeatureException($"version {version} of a snapshot's store", Clause);
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) == 0)
        {
            throw new UnsupportedFeatureException("a snapshot that is invalid: its store became full, and Linux gave it up", Clause);
        }

        if (!uint.IsPow2(sectors) || sectors > MaxChunkSectors)
        {
            throw new InvalidImageException(HeaderName, 12, $"its chunks have {sectors} sectors", Clause);
        }

        int chunkSize = (int)sectors * SectorSize;
        return new OverlaySource(origin, ReadExceptions(store, chunkSize), chunkSize, store, 0, length);
    }

    // An area that is full is followed by another; the first exception that leads nowhere ends all of them.
    private static ChunkMap ReadExceptions(BlockSource store, int chunkSize)
    {
        var map = new ChunkMap.Builder(ExceptionName, chunkSize);
        long stride = 1 + (chunkSize / ExceptionLength);
        using var buffer = new PooledBuffer(chunkSize);
        for (long area = 1; ; area += stride)
        {
            long address = area * chunkSize;
            if (address > store.Length - chunkSize)
            {
                throw new InvalidImageException(ExceptionName, Math.Min(address, store.Length), "the areas go on beyond the end of the store", Clause);
            }

            store.ReadAt(address, buffer.Span);
            for (int at = 0; at < chunkSize; at += ExceptionLength)
            {
                ulong chunk = BinaryPrimitives.ReadUInt64LittleEndian(buffer.Span[at..]);
                ulong place = BinaryPrimitives.ReadUInt64LittleEndian(buffer.Span[(at + sizeof(ulong))..]);
                if (place == 0)
                {
                    return map.Build();
                }

                if (place >= (ulong)(store.Length / chunkSize) || (long)place % stride == 1 || chunk > (ulong)(long.MaxValue / chunkSize))
                {
                    throw new InvalidImageException(ExceptionName, address + at, $"chunk {chunk} cannot be in chunk {place} of a store of {store.Length / chunkSize}", Clause);
                }

                map.Add((long)chunk, (long)place);
            }
        }
    }
}
