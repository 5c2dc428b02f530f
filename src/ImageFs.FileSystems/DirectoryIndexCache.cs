namespace ImageFs.FileSystems;

/// <summary>The indexes of the large directories that were last looked up in, within a bound.</summary>
/// <param name="maxBytes">What all indexes together take at most.</param>
internal sealed class DirectoryIndexCache(int maxBytes)
{
    private const int MaxIndexes = 256;

    private readonly Lock _gate = new();
    private readonly List<(NodeId Directory, DirectoryIndex Index)> _latestFirst = [];
    private long _entries;

    /// <summary>Entries of all indexes together.</summary>
    public int MaxEntries { get; } = maxBytes / sizeof(ulong);

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
            while (_entries > MaxEntries || _latestFirst.Count > MaxIndexes)
            {
                _entries -= _latestFirst[^1].Index.Count;
                _latestFirst.RemoveAt(_latestFirst.Count - 1);
            }
        }
    }
}
