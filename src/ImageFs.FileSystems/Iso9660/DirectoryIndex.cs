using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>The entries of a large directory by their names' hashes: eight bytes for each.</summary>
internal sealed class DirectoryIndex
{
    // Hash in the high half, position in the low: directories are shorter than 4 GiB (ECMA-119 9.1.4).
    private readonly ulong[] _entries;

    /// <param name="entries">The entries: the hash in the high half, the position in the low.</param>
    /// <param name="isDamaged">Whether something of the directory could not be read.</param>
    public DirectoryIndex(IEnumerable<ulong> entries, bool isDamaged)
    {
        _entries = [.. entries];
        Array.Sort(_entries);
        IsDamaged = isDamaged;
    }

    /// <summary>Entries in it.</summary>
    public int Count => _entries.Length;

    /// <summary>Whether something of the directory could not be read.</summary>
    public bool IsDamaged { get; }

    /// <summary>Reads a whole directory.</summary>
    /// <param name="reader">At its start.</param>
    /// <param name="comparison">How names are compared.</param>
    /// <param name="maxCount">Entries allowed.</param>
    /// <returns>Null when it has more, or cannot be read to its end: then a scan finds what there is.</returns>
    public static DirectoryIndex? Build(ref DirectoryReader reader, NameComparison comparison, int maxCount)
    {
        var entries = new List<ulong>();
        try
        {
            while (reader.MoveNext())
            {
                if (entries.Count == maxCount)
                {
                    return null;
                }

                entries.Add(((ulong)comparison.Hash(reader.Name) << 32) | (uint)reader.Position);
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }

        return new DirectoryIndex(entries, reader.Damage is not null);
    }

    /// <summary>The entries whose names have a hash, in the order of the directory.</summary>
    public ReadOnlySpan<ulong> Find(uint hash)
    {
        int start = LowerBound((ulong)hash << 32);
        int end = start;
        while (end < _entries.Length && _entries[end] >> 32 == hash)
        {
            end++;
        }

        return _entries.AsSpan(start, end - start);
    }

    /// <summary>Where an entry that <see cref="Find"/> gave is, in bytes from the start of the directory.</summary>
    public static long ToPosition(ulong entry) => (uint)(entry & uint.MaxValue);

    private int LowerBound(ulong value)
    {
        int index = Array.BinarySearch(_entries, value);
        return index < 0 ? ~index : index;
    }
}
