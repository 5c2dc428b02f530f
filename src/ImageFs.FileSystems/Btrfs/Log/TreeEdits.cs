using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Log;

/// <summary>A tree with items that were put, replaced or taken away in memory; <see cref="TreeBuilder"/> makes nodes of it.</summary>
/// <param name="tree">The tree as it lies on disk.</param>
/// <param name="budget">What all edits take together.</param>
internal sealed class TreeEdits(Trees.Tree tree, EditBudget budget)
{
    private static readonly Edit s_last = new(TreeKey.Max, null);

    private readonly SortedSet<Edit> _edits = new(Comparer<Edit>.Create((one, other) => one.Key.CompareTo(other.Key)));

    /// <summary>The tree as it lies on disk.</summary>
    public Trees.Tree Tree => tree;

    /// <summary>How many items differ from it.</summary>
    public int Count => _edits.Count;

    /// <summary>The item of a key; null when there is none.</summary>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    public byte[]? Find(in TreeKey key)
    {
        if (_edits.TryGetValue(new Edit(key, null), out Edit? edit))
        {
            return edit.Data;
        }

        using TreeCursor cursor = tree.Open();
        return cursor.TryFind(key) ? cursor.Data.ToArray() : null;
    }

    /// <summary>Puts an item, in the place of one of the same key if there is one.</summary>
    /// <exception cref="UnsupportedFeatureException">Edits take too much memory.</exception>
    public void Put(in TreeKey key, byte[] data) => Set(key, data);

    /// <summary>Takes an item away.</summary>
    /// <exception cref="UnsupportedFeatureException">Edits take too much memory.</exception>
    public void Remove(in TreeKey key) => Set(key, null);

    /// <summary>The first item whose key is at least one.</summary>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    public bool TryFirst(TreeKey from, out TreeKey key, out byte[] data)
    {
        using TreeCursor cursor = tree.Open();
        for (TreeKey? next = from; next is { } start; next = start.Next)
        {
            bool isThere = cursor.SeekFirst(start);
            if (FirstEdit(start) is not { } edit || (isThere && cursor.Key < edit.Key))
            {
                return Take(cursor, isThere, out key, out data);
            }

            if (edit.Data is { } own)
            {
                (key, data) = (edit.Key, own);
                return true;
            }

            start = edit.Key;
        }

        (key, data) = (default, []);
        return false;
    }

    /// <summary>The last item whose key is at most one.</summary>
    /// <exception cref="ImageException">A node on the way is damaged.</exception>
    public bool TryLast(TreeKey from, out TreeKey key, out byte[] data)
    {
        using TreeCursor cursor = tree.Open();
        for (TreeKey? next = from; next is { } start; next = start.Previous)
        {
            bool isThere = cursor.SeekLast(start);
            if (LastEdit(start) is not { } edit || (isThere && cursor.Key > edit.Key))
            {
                return Take(cursor, isThere, out key, out data);
            }

            if (edit.Data is { } own)
            {
                (key, data) = (edit.Key, own);
                return true;
            }

            start = edit.Key;
        }

        (key, data) = (default, []);
        return false;
    }

    /// <summary>What differs, from a key to before another: null stands for what is taken away.</summary>
    /// <param name="from">The first key.</param>
    /// <param name="end">The key after the last; null for no end.</param>
    public IEnumerable<(TreeKey Key, byte[]? Data)> Between(TreeKey from, TreeKey? end)
    {
        foreach (Edit edit in _edits.GetViewBetween(new Edit(from, null), s_last))
        {
            if (end is { } bound && edit.Key >= bound)
            {
                yield break;
            }

            yield return (edit.Key, edit.Data);
        }
    }

    private static bool Take(in TreeCursor cursor, bool isThere, out TreeKey key, out byte[] data)
    {
        (key, data) = isThere ? (cursor.Key, cursor.Data.ToArray()) : (default, []);
        return isThere;
    }

    private Edit? FirstEdit(TreeKey from) => _edits.GetViewBetween(new Edit(from, null), s_last).Min;

    private Edit? LastEdit(TreeKey to) => _edits.GetViewBetween(new Edit(TreeKey.Min, null), new Edit(to, null)).Max;

    private void Set(in TreeKey key, byte[]? data)
    {
        var edit = new Edit(key, data);
        if (_edits.TryGetValue(edit, out Edit? before))
        {
            _edits.Remove(before);
            budget.Free(before.Data);
        }

        budget.Take(data);
        _edits.Add(edit);
    }

    private sealed record Edit(TreeKey Key, byte[]? Data);
}

/// <summary>What replayed items take in memory, of all trees of a file system.</summary>
/// <param name="maxBytes">How much they may take.</param>
internal sealed class EditBudget(long maxBytes)
{
    // What an edit and its place take, roughly.
    private const int Overhead = 160;

    private long _taken;

    /// <summary>Takes the room of an item.</summary>
    /// <exception cref="UnsupportedFeatureException">There is no more.</exception>
    public void Take(byte[]? data)
    {
        _taken += Overhead + (data?.Length ?? 0);
        if (_taken > maxBytes)
        {
            throw new UnsupportedFeatureException($"a log tree of more than {maxBytes >> 20} MiB; option norecovery leaves it alone", LogReplay.Clause);
        }
    }

    /// <summary>Gives it back.</summary>
    public void Free(byte[]? data) => _taken -= Overhead + (data?.Length ?? 0);
}
