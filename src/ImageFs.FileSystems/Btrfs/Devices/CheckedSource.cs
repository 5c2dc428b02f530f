using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>
/// Data by its logical address, each sector held against its checksum when it is read. Where one copy of it is bad or cannot be had, the next
/// is taken.
/// </summary>
/// <param name="logical">The data.</param>
/// <param name="checksums">The tree of checksums (EXTENT_CSUM).</param>
internal sealed class CheckedSource(LogicalSource logical, Trees.Tree checksums) : BlockSource, INamedLayer
{
    private const int MaxBatch = Chunk.StripeLength;

    // sectorsize is at least this.
    private const int MinSector = 4096;

    private readonly Geometry _geometry = checksums.Reader.Geometry;

    /// <inheritdoc/>
    public override long Length => logical.Length;

    /// <inheritdoc/>
    public string LayerName => logical.LayerName;

    /// <inheritdoc/>
    public long ByteCount => logical.ByteCount;

    /// <inheritdoc/>
    public OwnBytes OwnAt(long offset) => OwnBytes.Checked;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = this;
        return new Extent(offset, Math.Min(maxLength, Length - offset), ExtentKind.Own, 0);
    }

    /// <inheritdoc/>
    protected override void ReadOwn(long offset, Span<byte> destination)
    {
        int sectorSize = _geometry.SectorSize;
        while (destination.Length > 0)
        {
            int start = (int)(offset % sectorSize);
            long aligned = offset - start;
            int whole = (int)Math.Min(((long)start + destination.Length + sectorSize - 1) / sectorSize * sectorSize, MaxBatch);
            int length = Math.Min(destination.Length, whole - start);
            if (length == whole)
            {
                ReadSectors(aligned, destination[..length]);
            }
            else
            {
                using var buffer = new PooledBuffer(whole);
                ReadSectors(aligned, buffer.Span);
                buffer.Span.Slice(start, length).CopyTo(destination);
            }

            destination = destination[length..];
            offset += length;
        }
    }

    private void ReadSectors(long address, Span<byte> bytes)
    {
        // What is nowhere has no checksum either: that it is nowhere is the error.
        logical.Get(address);
        Span<byte> sums = stackalloc byte[MaxBatch / MinSector * Checksum.Room];
        sums = sums[..(bytes.Length / _geometry.SectorSize * _geometry.Checksum.Size)];
        ReadSums(address, sums);
        bool isRead = TryRead(address, bytes);
        for (int at = 0; at < bytes.Length; at += _geometry.SectorSize)
        {
            Span<byte> sector = bytes.Slice(at, _geometry.SectorSize);
            ReadOnlySpan<byte> sum = sums.Slice(at / _geometry.SectorSize * _geometry.Checksum.Size, _geometry.Checksum.Size);
            if (!isRead || !_geometry.Checksum.Matches(sector, sum))
            {
                ReadGoodCopy(address + at, sector, sum);
            }
        }
    }

    private bool TryRead(long address, Span<byte> bytes)
    {
        try
        {
            logical.ReadAt(address, bytes);
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Each sector is then asked for by itself, and tells what is wrong.
            return false;
        }
    }

    private void ReadGoodCopy(long address, Span<byte> sector, ReadOnlySpan<byte> sum)
    {
        Exception? first = null;
        int copies = logical.CopiesAt(address);
        for (int copy = 0; copy < copies; copy++)
        {
            try
            {
                logical.ReadCopy(copy, address, sector);
                if (_geometry.Checksum.Matches(sector, sum))
                {
                    return;
                }
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                first ??= e;
            }
        }

        string found = copies == 1 ? "they do not have" : $"none of {copies} copies has";
        throw new DamagedContentsException(address, $"{found} the checksum that they were written with ({_geometry.Checksum.Name}){(first is null ? string.Empty : $"; {first.Message}")}");
    }

    // An item has the checksums of sectors one after the other, from the address of its key on.
    private void ReadSums(long address, Span<byte> sums)
    {
        int size = _geometry.Checksum.Size;
        using TreeCursor cursor = checksums.Open();
        bool isThere = cursor.SeekLast(KeyOf(address));
        while (sums.Length > 0)
        {
            if (!isThere || cursor.Key is not { ObjectId: ObjectIds.ExtentChecksum, Type: ItemType.ExtentChecksum } key)
            {
                throw NoSum(address);
            }

            ReadOnlySpan<byte> data = cursor.Data;
            ulong skipped = ((ulong)address - Math.Min(key.Offset, (ulong)address)) / (uint)_geometry.SectorSize;
            if (key.Offset > (ulong)address || skipped >= (uint)(data.Length / size))
            {
                throw NoSum(address);
            }

            data = data[((int)skipped * size)..];
            int taken = Math.Min(data.Length / size * size, sums.Length);
            data[..taken].CopyTo(sums);
            sums = sums[taken..];
            address += (long)taken / size * _geometry.SectorSize;
            isThere = sums.Length > 0 && cursor.MoveNext();
        }
    }

    private static TreeKey KeyOf(long address) => new(ObjectIds.ExtentChecksum, ItemType.ExtentChecksum, (ulong)address);

    private static DamagedContentsException NoSum(long address) => new(address, "they have no checksum, and should have one");
}
