using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>
/// The copies of blocks that a log has, in the order of the log, and what revokes them: sixteen bytes each, in one array. For each block
/// the last word counts. When the array is full it is reduced to what counts so far.
/// </summary>
internal sealed class JournalCopies
{
    /// <summary>The most memory that they take, in bytes.</summary>
    public const int MaxMemory = 64 * 1024 * 1024;

    private const int EntrySize = 16;
    private const int MinCapacity = 1024;

    private readonly int _maxEntries;
    private Entry[] _entries;
    private int _count;
    private int _committed;
    private uint _order;

    /// <param name="expected">How many there are at most, where nothing is revoked: blocks in the log. What is not used of that takes no memory.</param>
    /// <param name="maxMemory">The most memory that they may take, in bytes.</param>
    public JournalCopies(long expected = 0, int maxMemory = MaxMemory)
    {
        _maxEntries = maxMemory / EntrySize;
        _entries = new Entry[Math.Min(_maxEntries, Math.Max(MinCapacity, expected))];
    }

    private enum State : byte
    {
        Good,
        Damaged,
        Revoked,
    }

    /// <summary>Copies that count, once <see cref="Finish"/> was called.</summary>
    public int Count => _committed;

    /// <summary>Notes a copy of the present transaction.</summary>
    /// <param name="block">The block of the file system.</param>
    /// <param name="logBlock">The block of the log with the copy.</param>
    /// <param name="isEscaped">Whether its first four bytes are the journal's magic number, and were left out.</param>
    /// <param name="isDamaged">Whether its checksum is wrong: that is no harm unless it counts.</param>
    /// <exception cref="UnsupportedFeatureException">There are too many.</exception>
    public void Add(ulong block, uint logBlock, bool isEscaped, bool isDamaged) =>
        Append(block, logBlock, isEscaped, isDamaged ? State.Damaged : State.Good);

    /// <summary>Notes that no copy of a block counts up to here.</summary>
    /// <exception cref="UnsupportedFeatureException">There are too many.</exception>
    public void Revoke(ulong block) => Append(block, 0, isEscaped: false, State.Revoked);

    /// <summary>The present transaction was committed: what it has counts.</summary>
    public void Commit() => _committed = _count;

    /// <summary>The log has ended: what was not committed does not count.</summary>
    public void Finish()
    {
        _count = _committed;
        Reduce();
    }

    /// <summary>A copy that counts, by the order of the blocks.</summary>
    /// <param name="index">Less than <see cref="Count"/>.</param>
    /// <param name="logBlock">The block of the log.</param>
    /// <param name="isEscaped">Whether its first four bytes are the journal's magic number, and were left out.</param>
    /// <param name="isDamaged">Whether its checksum is wrong.</param>
    /// <returns>The block of the file system.</returns>
    public ulong Get(int index, out uint logBlock, out bool isEscaped, out bool isDamaged)
    {
        ref readonly Entry entry = ref _entries[index];
        logBlock = entry.LogBlock;
        isEscaped = entry.IsEscaped;
        isDamaged = entry.State == State.Damaged;
        return entry.Block;
    }

    /// <summary>The first copy of a block or of one after it; <see cref="Count"/> when there is none.</summary>
    public int Find(ulong block)
    {
        int low = 0;
        int high = _committed;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_entries[middle].Block < block)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private void Append(ulong block, uint logBlock, bool isEscaped, State state)
    {
        if (_count == _entries.Length)
        {
            MakeRoom();
        }

        _entries[_count++] = new Entry(block, logBlock, _order++, isEscaped, state);
    }

    private void MakeRoom()
    {
        if (_entries.Length < _maxEntries)
        {
            Array.Resize(ref _entries, (int)Math.Min(_maxEntries, _entries.Length * 2L));
            return;
        }

        // Less than a quarter of the room would be made again and again.
        Reduce();
        if (_count > _maxEntries / 4 * 3)
        {
            throw new UnsupportedFeatureException(
                $"a journal with more than {_maxEntries / 4 * 3} blocks to recover (option noload leaves it alone)", JournalLog.Clause);
        }
    }

    /// <summary>Keeps the last word on each block of what was committed, in the order of the blocks; a block that was revoked has none.</summary>
    private void Reduce()
    {
        Span<Entry> committed = _entries.AsSpan(0, _committed);
        committed.Sort();
        int kept = 0;
        for (int i = 0; i < committed.Length; i++)
        {
            bool isLast = i + 1 == committed.Length || committed[i + 1].Block != committed[i].Block;
            if (isLast && committed[i].State != State.Revoked)
            {
                committed[kept++] = committed[i] with { Order = 0 };
            }
        }

        // Those of the present transaction come last, in their order.
        _order = 1;
        for (int i = _committed; i < _count; i++)
        {
            _entries[kept + i - _committed] = _entries[i] with { Order = _order++ };
        }

        _count = kept + _count - _committed;
        _committed = kept;
    }

    private readonly record struct Entry : IComparable<Entry>
    {
        private const int EscapedShift = 2;
        private const int OrderShift = 3;
        private const uint StateMask = 3;

        private readonly uint _orderAndFlags;

        public Entry(ulong block, uint logBlock, uint order, bool isEscaped, State state)
        {
            Block = block;
            LogBlock = logBlock;
            _orderAndFlags = (order << OrderShift) | ((isEscaped ? 1u : 0) << EscapedShift) | (uint)state;
        }

        public ulong Block { get; }

        public uint LogBlock { get; }

        // Fewer than 2^29: they begin anew whenever the array is reduced.
        public uint Order
        {
            get => _orderAndFlags >> OrderShift;
            init => _orderAndFlags = (value << OrderShift) | (_orderAndFlags & ((1u << OrderShift) - 1));
        }

        public bool IsEscaped => ((_orderAndFlags >> EscapedShift) & 1) != 0;

        public State State => (State)(_orderAndFlags & StateMask);

        public int CompareTo(Entry other) => Block != other.Block ? Block.CompareTo(other.Block) : Order.CompareTo(other.Order);
    }
}
