namespace ImageFs.Storage;

/// <summary>Keys in ascending order, each told by itself: they may be in an array, or in a block of a tree on disk.</summary>
public interface ISortedKeys
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>A key.</summary>
    /// <param name="index">From 0.</param>
    long KeyAt(int index);
}

/// <summary>Searches among keys in order.</summary>
public static class SortedKeys
{
    /// <summary>The place of the last key that is at or before another; -1 when there is none. Of keys that are out of order, any place.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="key">The other.</param>
    public static int FindLast<T>(scoped in T keys, long key)
        where T : ISortedKeys, allows ref struct
    {
        int low = -1;
        int high = keys.Count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (keys.KeyAt(middle) <= key)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }
}
