namespace ImageFs.FileSystems;

/// <summary>
/// The values last found for some keys. Each key has one place it can be in; threads share it without a lock, because values never change.
/// </summary>
/// <param name="slots">How many places there are.</param>
internal sealed class SlotCache<TKey, TValue>(int slots)
    where TKey : struct, IEquatable<TKey>
{
    // 2^32 divided by the golden ratio: keys are often multiples of a block size.
    private const uint Spread = 0x9E37_79B9;

    private readonly Entry?[] _slots = new Entry?[slots];

    /// <summary>Finds the value of a key.</summary>
    /// <returns>False when it is not there, or no longer.</returns>
    public bool TryFind(TKey key, out TValue value)
    {
        Entry? entry = Volatile.Read(ref SlotOf(key));
        bool found = entry is not null && entry.Key.Equals(key);
        value = found ? entry!.Value : default!;
        return found;
    }

    /// <summary>Keeps the value of a key.</summary>
    public void Add(TKey key, TValue value) => Volatile.Write(ref SlotOf(key), new Entry(key, value));

    private ref Entry? SlotOf(TKey key)
    {
        uint hash = unchecked((uint)key.GetHashCode() * Spread);
        return ref _slots[(int)((hash * (ulong)_slots.Length) >> 32)];
    }

    private sealed record Entry(TKey Key, TValue Value);
}
