namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>A reference to an extent, as a tree or file has it, or as the extent tree tells it.</summary>
/// <param name="Address">The extent's logical address.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Level">The level of a node; -1 of data.</param>
/// <param name="Root">The tree that refers to it; 0 where only the node that does is told.</param>
/// <param name="Parent">That node's address; 0 where the tree is told.</param>
/// <param name="Inode">The file, of data.</param>
/// <param name="Offset">Where in the file the extent would begin as a whole.</param>
internal readonly record struct Reference(ulong Address, ulong Length, int Level, ulong Root, ulong Parent = 0, ulong Inode = 0, ulong Offset = 0)
{
    /// <summary>For messages.</summary>
    public override string ToString()
    {
        string from = Parent != 0 ? $"node 0x{Parent:X}" : $"tree {unchecked((long)Root)}";
        return Level >= 0 ? $"a node of level {Level} of {from}" : Parent != 0 ? $"data of {from}" : $"data of inode {Inode} of {from}, from byte {unchecked((long)Offset)} on";
    }
}

/// <summary>
/// Holds the references that there are against those that are told, in memory that does not grow: a first pass sums them up by their addresses,
/// a second one looks only at what does not come to nothing.
/// </summary>
internal sealed class ReferenceSums
{
    private const int Buckets = 1 << 20;
    private const int MaxExact = 1 << 16;
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    private readonly ulong[] _sums = new ulong[Buckets];
    private readonly Dictionary<Reference, long> _exact = [];
    private bool _isSecond;

    /// <summary>Whether everything comes to nothing.</summary>
    public bool IsBalanced => !_sums.AsSpan().ContainsAnyExcept(0UL);

    /// <summary>Whether there were too many references to tell all.</summary>
    public bool IsFull { get; private set; }

    /// <summary>References of which there are more (positive) or fewer than are told.</summary>
    public IEnumerable<(Reference Reference, long Surplus)> Unbalanced =>
        _exact.Where(pair => pair.Value != 0).Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Key.Address);

    /// <summary>What follows is the second pass.</summary>
    public void BeginSecond() => _isSecond = true;

    /// <summary>Adds references that there are.</summary>
    public void Add(in Reference reference, long count = 1)
    {
        int bucket = (int)(Mix(reference.Address) % Buckets);
        if (!_isSecond)
        {
            unchecked
            {
                _sums[bucket] += Digest(reference) * (ulong)count;
            }
        }
        else if (_sums[bucket] != 0)
        {
            if (_exact.Count < MaxExact || _exact.ContainsKey(reference))
            {
                _exact[reference] = _exact.GetValueOrDefault(reference) + count;
            }
            else
            {
                IsFull = true;
            }
        }
    }

    /// <summary>Takes away references that are told.</summary>
    public void Tell(in Reference reference, long count) => Add(reference, -count);

    private static ulong Digest(in Reference reference)
    {
        unchecked
        {
            ulong digest = Mix(reference.Address);
            digest = Mix(digest ^ reference.Length);
            digest = Mix(digest ^ (ulong)reference.Level);
            digest = Mix(digest ^ reference.Root);
            digest = Mix(digest ^ reference.Parent);
            digest = Mix(digest ^ reference.Inode);
            return Mix(digest ^ reference.Offset) | 1;
        }
    }

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value + 1) * Multiplier;
            value ^= value >> 29;
            value *= Multiplier;
            return value ^ (value >> 32);
        }
    }
}
