namespace ImageFs.Storage;

/// <summary>
/// The indexes of directories that were last used, of all volumes that share it, within a bound in bytes. The latest few are kept though
/// they take more: without its index a directory of a million names would be read for each lookup.
/// </summary>
public sealed class IndexCache
{
    private const int MaxCount = 1024;
    private const int LatestCount = 4;

    // Of the latest together: names of directories that take 350 MB and more of the image.
    private const int LatestBytes = 64 << 20;

    // What keeping one takes besides.
    private const int EntryBytes = 256;

    private readonly Store _store;
    private long _lastOwner;
    private bool _isClosed;

    /// <param name="maxBytes">What all indexes together may take, except the latest.</param>
    public IndexCache(int maxBytes)
        : this(new Store(maxBytes))
    {
    }

    private IndexCache(Store store) => _store = store;

    /// <summary>What all indexes together may take, except the latest, in bytes.</summary>
    public int MaxBytes => _store.MaxBytes;

    /// <summary>What the latest may take together where they do not fit, and so one of them, in bytes.</summary>
    public int MaxBytesOfLatest => Math.Max(MaxBytes, LatestBytes);

    /// <summary>Room for the indexes of one more volume.</summary>
    public IndexShare ForOwner() => new(this, Interlocked.Increment(ref _lastOwner));

    /// <summary>The same room for an image that may be closed before the others.</summary>
    internal IndexCache ForImage() => new(_store);

    /// <summary>Drops all indexes of the image, and takes no more of it.</summary>
    internal void Close()
    {
        lock (_store)
        {
            _isClosed = true;
            for (LinkedListNode<Entry>? place = _store.LatestFirst.First; place is not null;)
            {
                LinkedListNode<Entry>? next = place.Next;
                if (ReferenceEquals(place.Value.Key.Image, this))
                {
                    _store.Drop(place);
                }

                place = next;
            }
        }
    }

    /// <summary>As <see cref="IndexShare.Find"/>.</summary>
    internal object? Find(long owner, UInt128 directory)
    {
        lock (_store)
        {
            if (!_store.Places.TryGetValue(new Key(this, owner, directory), out LinkedListNode<Entry>? place))
            {
                return null;
            }

            _store.LatestFirst.Remove(place);
            _store.LatestFirst.AddFirst(place);
            return place.Value.Index;
        }
    }

    /// <summary>As <see cref="IndexShare.Add"/>.</summary>
    internal void Add(long owner, UInt128 directory, object index, long bytes)
    {
        var entry = new Entry(new Key(this, owner, directory), index, bytes + EntryBytes);
        lock (_store)
        {
            if (_isClosed)
            {
                return;
            }

            if (_store.Places.TryGetValue(entry.Key, out LinkedListNode<Entry>? old))
            {
                _store.Drop(old);
            }

            _store.Places.Add(entry.Key, _store.LatestFirst.AddFirst(entry));
            _store.Bytes += entry.Bytes;
            while (_store.Bytes > (_store.Places.Count > LatestCount ? MaxBytes : MaxBytesOfLatest + EntryBytes) || _store.Places.Count > MaxCount)
            {
                _store.Drop(_store.LatestFirst.Last!);
            }
        }
    }

    private readonly record struct Key(IndexCache Image, long Owner, UInt128 Directory);

    private sealed record Entry(Key Key, object Index, long Bytes);

    private sealed class Store(int maxBytes)
    {
        public int MaxBytes => maxBytes;

        public Dictionary<Key, LinkedListNode<Entry>> Places { get; } = [];

        public LinkedList<Entry> LatestFirst { get; } = [];

        public long Bytes { get; set; }

        public void Drop(LinkedListNode<Entry> place)
        {
            LatestFirst.Remove(place);
            Places.Remove(place.Value.Key);
            Bytes -= place.Value.Bytes;
        }
    }
}

/// <summary>The room of one volume in an <see cref="IndexCache"/>.</summary>
public sealed class IndexShare
{
    private readonly IndexCache _cache;
    private readonly long _owner;

    internal IndexShare(IndexCache cache, long owner) => (_cache, _owner) = (cache, owner);

    /// <inheritdoc cref="IndexCache.MaxBytes"/>
    public int MaxBytes => _cache.MaxBytes;

    /// <inheritdoc cref="IndexCache.MaxBytesOfLatest"/>
    public int MaxBytesOfLatest => _cache.MaxBytesOfLatest;

    /// <summary>What was made of a directory, if it is still there.</summary>
    /// <param name="directory">What the volume knows the directory by: its node's number, and that of the tree it is in.</param>
    public TIndex? Find<TIndex>(UInt128 directory)
        where TIndex : class => (TIndex?)_cache.Find(_owner, directory);

    /// <summary>Keeps what was made of a directory in place of what is there, and drops what was not used for longest until all fits.</summary>
    /// <param name="directory">What the volume knows the directory by: its node's number, and that of the tree it is in.</param>
    /// <param name="index">What was made of it.</param>
    /// <param name="bytes">Bytes that it takes.</param>
    public void Add(UInt128 directory, object index, long bytes) => _cache.Add(_owner, directory, index, bytes);
}
