using ImageFs.Tree;

namespace ImageFs.FileSystems.Clusters;

/// <summary>The directories that were last used, within a bound.</summary>
/// <param name="maxBytes">What all directories together take at most.</param>
internal sealed class DirectoryCache(int maxBytes)
{
    /// <summary>The most directories.</summary>
    public const int MaxDirectories = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, LinkedListNode<(NodeId Id, ClusterDirectory Directory)>> _places = [];
    private readonly LinkedList<(NodeId Id, ClusterDirectory Directory)> _latestFirst = [];
    private long _weight;

    /// <summary>What all directories together take at most, in eight bytes.</summary>
    public int MaxWeight { get; } = maxBytes / sizeof(ulong);

    /// <summary>A directory, if it is there.</summary>
    public ClusterDirectory? Find(NodeId id)
    {
        lock (_gate)
        {
            if (!_places.TryGetValue(id, out LinkedListNode<(NodeId Id, ClusterDirectory Directory)>? place))
            {
                return null;
            }

            _latestFirst.Remove(place);
            _latestFirst.AddFirst(place);
            return place.Value.Directory;
        }
    }

    /// <summary>Keeps a directory, unless another thread was first, and drops those that were not used for longest until all fit.</summary>
    public void Add(NodeId id, ClusterDirectory directory)
    {
        lock (_gate)
        {
            if (_places.ContainsKey(id))
            {
                return;
            }

            _places.Add(id, _latestFirst.AddFirst((id, directory)));
            _weight += directory.Weight;
            while (_weight > MaxWeight || _places.Count > MaxDirectories)
            {
                (NodeId last, ClusterDirectory dropped) = _latestFirst.Last!.Value;
                _latestFirst.RemoveLast();
                _places.Remove(last);
                _weight -= dropped.Weight;
            }
        }
    }
}
