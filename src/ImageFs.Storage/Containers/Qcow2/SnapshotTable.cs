using System.Buffers.Binary;
using System.Text;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>An internal snapshot (qcow2: Snapshots).</summary>
/// <param name="Id">Its id, mostly a number.</param>
/// <param name="Name">Its name; may be empty.</param>
/// <param name="Date">When it was taken.</param>
/// <param name="L1">Its L1 table.</param>
/// <param name="DiskSize">Bytes of the disk then; null when that is not told.</param>
internal sealed record Snapshot(string Id, string Name, DateTimeOffset Date, TablePlace L1, long? DiskSize);

/// <summary>The snapshot table, read from the file when somebody asks for it (qcow2: Snapshots).</summary>
/// <param name="source">The file.</param>
/// <param name="address">Where the table is.</param>
/// <param name="count">Its entries.</param>
internal sealed class SnapshotTable(BlockSource source, ulong address, uint count)
{
    private const string Structure = "qcow2 snapshot table entry";
    private const string Clause = "qcow2: Snapshots";
    private const int EntryLength = 40;

    // Those of qemu; a name has two bytes of length.
    private const int MaxSnapshots = 65536;
    private const uint MaxExtraLength = 1024;

    /// <summary>How many there are.</summary>
    public uint Count => count;

    /// <summary>Reads them, one after the other.</summary>
    /// <exception cref="InvalidImageException">An entry runs past the end of the file.</exception>
    /// <exception cref="ImageException">The bytes cannot be read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IEnumerable<Snapshot> Read()
    {
        if (count > MaxSnapshots)
        {
            throw new InvalidImageException("qcow2 header", 0, $"it has {count} snapshots: at most {MaxSnapshots} are read", Clause);
        }

        var cache = new BlockCache(source, TableDisk.TableCacheBlock, new BlockPool(4 * TableDisk.TableCacheBlock));
        long at = address <= (ulong)source.Length ? (long)address : throw Invalid(0, $"the table is at 0x{address:X}");
        for (uint i = 0; i < count; i++)
        {
            yield return ReadEntry(cache, at, out long length);
            at = (at + length + 7) & ~7L;
        }
    }

    /// <summary>Finds a snapshot by its id or, where none has that, by its name.</summary>
    /// <exception cref="OptionException">There is none.</exception>
    public Snapshot Choose(string wanted)
    {
        List<Snapshot> all = [.. Read()];
        return all.Find(snapshot => snapshot.Id == wanted)
            ?? all.Find(snapshot => snapshot.Name == wanted)
            ?? throw new OptionException(
                $"snapshot={wanted}",
                all.Count == 0 ? "the image has no snapshots" : $"the snapshots are {string.Join(", ", all.Select(snapshot => $"{snapshot.Id} \"{snapshot.Name}\""))}");
    }

    private static Snapshot ReadEntry(BlockCache cache, long at, out long length)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        cache.ReadAt(at, entry);
        int idLength = BinaryPrimitives.ReadUInt16BigEndian(entry[12..]);
        int nameLength = BinaryPrimitives.ReadUInt16BigEndian(entry[14..]);
        uint extraLength = BinaryPrimitives.ReadUInt32BigEndian(entry[36..]);
        if (extraLength > MaxExtraLength)
        {
            throw Invalid(at, $"it has {extraLength} bytes of extra data: at most {MaxExtraLength} are read");
        }

        length = EntryLength + extraLength + idLength + nameLength;
        byte[] rest = new byte[length - EntryLength];
        cache.ReadAt(at + EntryLength, rest);
        ulong? diskSize = extraLength >= 16 ? BinaryPrimitives.ReadUInt64BigEndian(rest.AsSpan(8)) : null;
        return new Snapshot(
            Encoding.UTF8.GetString(rest, (int)extraLength, idLength),
            Encoding.UTF8.GetString(rest, (int)extraLength + idLength, nameLength),
            DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32BigEndian(entry[16..])),
            new TablePlace(BinaryPrimitives.ReadUInt64BigEndian(entry), BinaryPrimitives.ReadUInt32BigEndian(entry[8..])),
            diskSize is not { } size ? null : size <= long.MaxValue ? (long)size : throw Invalid(at, $"its disk of {size} bytes is too large"));
    }

    private static InvalidImageException Invalid(long at, string problem) => new(Structure, at, problem, Clause);
}
