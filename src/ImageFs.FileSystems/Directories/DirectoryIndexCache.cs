using ImageFs.Tree;

namespace ImageFs.FileSystems.Directories;

/// <summary>
/// The indexes of the large directories that were last looked up in, within a bound. The latest few are kept though they take more:
/// without its index a directory of a million names would be read for each lookup.
/// </summary>
/// <param name="maxBytes">What all indexes together may take, except the latest.</param>
internal sealed class DirectoryIndexCache(int maxBytes)
{
    private const int MaxIndexes = 256;
    private const int LatestIndexes = 4;

    // Of the latest together: names of directories that take 350 MB and more of the image.
    private const int LatestBytes = 64 << 20;

    private readonly Lock _gate = new();
    private readonly List<(NodeId Directory, DirectoryIndex Index)> _latestFirst = [];
    private long _entries;

    private readonly int _usualEntries = maxBytes / sizeof(ulong);

    /// <summary>Entries of one index, and of the latest together.</summary>
    public int MaxEntries { get; } = Math.Max(maxBytes, LatestBytes) / sizeof(ulong);

    /// <summary>The index of a directory, if it is there.</summary>
    public DirectoryIndex? Find(NodeId directory)
    {
        lock (_gate)
        {
            int place = _latestFirst.FindIndex(item => item.Directory == directory);
            if (place < 0)
            {
                return null;
            }

            (NodeId Directory, DirectoryIndex Index) found = _latestFirst[place];
            _latestFirst.RemoveAt(place);
            _latestFirst.Insert(0, found);
            return found.Index;
        }
    }

    /// <summary>Keeps an index, and drops those that were not used for longest until all fit.</summary>
    public void Add(NodeId directory, DirectoryIndex index)
    {
        lock (_gate)
        {
            _entries += index.Count;
            _latestFirst.Insert(0, (directory, index));
            while (_entries > (_latestFirst.Count > LatestIndexes ? _usualEntries : MaxEntries) || _latestFirst.Count > MaxIndexes)
            {
                _entries -= _latestFirst[^1].Index.Count;
                _latestFirst.RemoveAt(_latestFirst.Count - 1);
            }
        }
    }
}
