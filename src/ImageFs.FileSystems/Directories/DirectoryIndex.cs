using ImageFs.Storage;

namespace ImageFs.FileSystems.Directories;

/// <summary>The entries of a large directory by their names' hashes: eight bytes for each.</summary>
internal sealed class DirectoryIndex
{
    private readonly ulong[] _entries;

    /// <param name="entries">The entries, by <see cref="ToEntry"/>, in any order.</param>
    /// <param name="damage">The first thing of the directory that could not be read; null when all could.</param>
    public DirectoryIndex(IEnumerable<ulong> entries, ImageException? damage)
    {
        _entries = [.. entries];
        Array.Sort(_entries);
        Damage = damage;
        for (int i = 1; i < _entries.Length && !HasRepeated; i++)
        {
            HasRepeated = _entries[i] >> 32 == _entries[i - 1] >> 32;
        }
    }

    /// <summary>Bytes that it takes.</summary>
    public long Bytes => _entries.Length * (long)sizeof(ulong);

    /// <summary>The first thing of the directory that could not be read: a name that is not found may be there. Null when all could.</summary>
    public ImageException? Damage { get; }

    /// <summary>What of the directory no path can lead to; null when every name can be looked up.</summary>
    public ImageException? Unreachable { get; init; }

    /// <summary>What a listing has to know of it.</summary>
    public DirectoryFacts Facts => new(HasRepeated, End, Failure);

    /// <summary>After the last entry that could be read, in bytes from the start of the directory, when there is a <see cref="Failure"/>.</summary>
    public long End { get; init; } = long.MaxValue;

    /// <summary>What ended reading the directory; null when all of it was gone through.</summary>
    public ImageException? Failure { get; init; }

    /// <summary>Whether names of several entries have one hash: they may be the same.</summary>
    public bool HasRepeated { get; }

    /// <summary>What stands for an entry.</summary>
    /// <param name="hash">The hash of its name.</param>
    /// <param name="position">Where it is in the directory, in the format's own units.</param>
    public static ulong ToEntry(uint hash, uint position) => ((ulong)hash << 32) | position;

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

    /// <summary>Where an entry that <see cref="Find"/> gave is in the directory, in the format's own units.</summary>
    public static uint ToPosition(ulong entry) => unchecked((uint)entry);

    private int LowerBound(ulong value)
    {
        int index = Array.BinarySearch(_entries, value);
        return index < 0 ? ~index : index;
    }
}
