using System.Runtime.InteropServices;

namespace ImageFs.FileSystems.Directories;

/// <summary>Entries of a directory by their names' hashes: eight bytes for each name.</summary>
internal sealed class DirectoryIndex
{
    // Of each a hash in the high half, a place in the low: sorted, so that those of one hash are in the order of the directory.
    private readonly ulong[] _places;

    /// <param name="places">What stands for the entries, by <see cref="ToPlace"/>, sorted and none of them twice.</param>
    /// <param name="damage">The first thing of the directory that could not be read; null when all could.</param>
    public DirectoryIndex(ReadOnlySpan<ulong> places, Exception? damage)
    {
        _places = places.ToArray();
        Damage = damage;
    }

    /// <summary>Of no names.</summary>
    public static DirectoryIndex Empty { get; } = new([], null);

    /// <summary>Whether it is of no names.</summary>
    public bool IsEmpty => _places.Length == 0;

    /// <summary>Bytes that it takes.</summary>
    public long Weight => (long)_places.Length * sizeof(ulong);

    /// <summary>The first thing of the directory that could not be read: a name that is not found may be there. Null when all could.</summary>
    public Exception? Damage { get; }

    /// <summary>What stands for an entry.</summary>
    /// <param name="hash">The hash of its name.</param>
    /// <param name="place">Where it is in the directory.</param>
    public static ulong ToPlace(uint hash, uint place) => ((ulong)hash << 32) | place;

    /// <summary>Where an entry that <see cref="Find"/> gave is in the directory.</summary>
    public static uint FromPlace(ulong place) => unchecked((uint)place);

    /// <summary>The entries whose names have a hash, in the order of the directory.</summary>
    public ReadOnlySpan<ulong> Find(uint hash)
    {
        int start = Array.BinarySearch(_places, (ulong)hash << 32);
        start = start < 0 ? ~start : start;
        int end = start;
        while (end < _places.Length && _places[end] >> 32 == hash)
        {
            end++;
        }

        return _places.AsSpan(start, end - start);
    }
}

/// <summary>Gathers the names of a directory for its index.</summary>
/// <param name="maxNames">The most names: of more there is no index.</param>
internal sealed class DirectoryIndexBuilder(int maxNames)
{
    private List<ulong>? _places = [];

    /// <summary>A name is found.</summary>
    /// <param name="hash">Its hash.</param>
    /// <param name="place">Where its entry is in the directory; there is no index when one is beyond 32 bits.</param>
    public void Add(uint hash, long place)
    {
        if (_places is null)
        {
            return;
        }

        if (_places.Count == maxNames || place > uint.MaxValue)
        {
            _places = null;
            return;
        }

        try
        {
            _places.Add(DirectoryIndex.ToPlace(hash, (uint)place));
        }
        catch (OutOfMemoryException)
        {
            // The directory is read through for each name, then.
            _places = null;
        }
    }

    /// <summary>Makes the indexes.</summary>
    /// <param name="damage">The first thing of the directory that could not be read; null when all could.</param>
    /// <param name="repeated">Of the names whose hashes several entries have: they may be the same.</param>
    /// <returns>The index of all names; null when there are too many.</returns>
    public DirectoryIndex? Build(Exception? damage, out DirectoryIndex repeated)
    {
        repeated = DirectoryIndex.Empty;
        try
        {
            return _places is null ? null : Build(Sort(CollectionsMarshal.AsSpan(_places)), damage, out repeated);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private static DirectoryIndex Build(ReadOnlySpan<ulong> places, Exception? damage, out DirectoryIndex repeated)
    {
        var several = new List<ulong>();
        for (int i = 0; i < places.Length; i++)
        {
            bool isLikeLast = i > 0 && places[i - 1] >> 32 == places[i] >> 32;
            if (isLikeLast || (i + 1 < places.Length && places[i + 1] >> 32 == places[i] >> 32))
            {
                several.Add(places[i]);
            }
        }

        repeated = several.Count > 0 ? new DirectoryIndex(CollectionsMarshal.AsSpan(several), damage) : DirectoryIndex.Empty;
        return new DirectoryIndex(places, damage);
    }

    // A file with two names may have one hash for both.
    private static Span<ulong> Sort(Span<ulong> places)
    {
        places.Sort();
        int count = 0;
        foreach (ulong place in places)
        {
            if (count == 0 || places[count - 1] != place)
            {
                places[count++] = place;
            }
        }

        return places[..count];
    }
}
