using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>A directory that was read whole: what it takes and how names in it are found.</summary>
/// <param name="contents">Its entries, as extents of the volume.</param>
/// <param name="chain">The clusters that they are in, if they are in clusters.</param>
internal sealed class ClusterDirectory(BlockSource contents, ClusterChain chain)
{
    // The objects that make it, in eight bytes.
    private const int OwnWeight = 64;

    // Hash in the high half, position in entries in the low: directories are at most 256 MiB.
    private ulong[]? _index;

    /// <summary>Its entries, as extents of the volume.</summary>
    public BlockSource Contents => contents;

    /// <summary>Whether its clusters follow one another without links (exFAT 6.4.2.2).</summary>
    public bool IsContiguous { get; init; }

    /// <summary>Subdirectories in it.</summary>
    public uint Subdirectories { get; private set; }

    /// <summary>What of it cannot be read, the first thing; null when everything can.</summary>
    public Exception? Damage { get; private set; } = chain.Damage;

    /// <summary>What of it no path can lead to; null when every name can be looked up.</summary>
    public Exception? Unreachable { get; private set; }

    /// <summary>The first cluster of its entries; 0 when they are in none.</summary>
    public uint FirstCluster { get; } = chain.Count > 0 ? chain.Find(0, 1, out _) : 0;

    /// <summary>How much of the cache's room it takes, in eight bytes.</summary>
    public int Weight => OwnWeight + chain.RunCount + (_index?.Length ?? 0);

    /// <summary>Whether names can be found by their hash.</summary>
    public bool IsIndexed => _index is not null;

    /// <summary>Goes through the directory once, counts and makes the index.</summary>
    /// <param name="reader">At the directory's start.</param>
    /// <param name="maxHashes">The most hashes in an index: a directory with more names is searched through.</param>
    public void Scan(DirectoryReader reader, int maxHashes)
    {
        List<ulong>? hashes = [];
        while (reader.MoveNext())
        {
            Subdirectories += reader.Type == NodeType.Directory ? 1u : 0;
            hashes?.Add(ToEntry(reader.NameHash, reader.Position));
            if (reader.AliasHash is uint alias)
            {
                hashes?.Add(ToEntry(alias, reader.Position));
            }

            hashes = hashes?.Count > maxHashes ? null : hashes;
        }

        Damage ??= reader.Damage;
        Unreachable = reader.Unreachable;
        hashes?.Sort();
        _index = hashes?.ToArray();
    }

    /// <summary>Whether names of several entries have a hash: they may be the same.</summary>
    public bool IsRepeated(uint hash)
    {
        ReadOnlySpan<ulong> places = IsIndexed ? Find(hash) : [];
        return places.Length > 1 && places[0] != places[^1];
    }

    /// <summary>The places of the names that have a hash, in the order of the directory, as <see cref="ToPosition"/> reads them.</summary>
    public ReadOnlySpan<ulong> Find(uint hash)
    {
        int start = Array.BinarySearch(_index!, (ulong)hash << 32);
        start = start < 0 ? ~start : start;
        int end = start;
        while (end < _index!.Length && _index[end] >> 32 == hash)
        {
            end++;
        }

        return _index.AsSpan(start, end - start);
    }

    /// <summary>Where a name that <see cref="Find"/> gave is, in bytes from the start of the directory.</summary>
    public static long ToPosition(ulong entry) => (uint)(entry & uint.MaxValue) * (long)EntryCursor.EntrySize;

    private static ulong ToEntry(uint hash, long position) => ((ulong)hash << 32) | (uint)(position / EntryCursor.EntrySize);
}
