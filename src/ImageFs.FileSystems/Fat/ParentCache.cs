namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Which directory a cluster with directory entries belongs to, for those lately seen. Each cluster has one place it can be in;
/// threads share it without a lock.
/// </summary>
internal sealed class ParentCache
{
    private const int Slots = 16 * 1024;

    private readonly Owner?[] _slots = new Owner?[Slots];

    /// <summary>The directory that a cluster belongs to; null when it is not known.</summary>
    public NodeId? Find(uint cluster)
    {
        Owner? owner = Volatile.Read(ref _slots[cluster % Slots]);
        return owner is not null && owner.Cluster == cluster ? owner.Directory : null;
    }

    /// <summary>Notes the directory that a cluster belongs to.</summary>
    public void Add(uint cluster, NodeId directory)
    {
        if (Find(cluster) != directory)
        {
            Volatile.Write(ref _slots[cluster % Slots], new Owner(cluster, directory));
        }
    }

    private sealed record Owner(uint Cluster, NodeId Directory);
}
