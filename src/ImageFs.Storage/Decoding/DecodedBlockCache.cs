using System.Runtime.ExceptionServices;
using ImageFs.Linux;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// The decoded blocks that were read last, of all layers of a mount, in memory of its own that replies are made of by reference. A block is
/// decoded once, straight into its place: who wants it meanwhile waits for that. It takes no memory before the first of them.
/// </summary>
/// <remarks>
/// A hand goes round the memory from block to block. A new block takes the place of those that the hand comes to next; one that was used
/// since it came there last is passed over, and so is one that somebody holds a lease on. So there is room for blocks of every size where
/// there is room at all, and no more is ever taken than was given.
/// </remarks>
/// <param name="maxBytes">Bytes kept at most.</param>
public sealed class DecodedBlockCache(int maxBytes)
{
    // A page fault for each page would take as long as to decode it.
    private const int StripLength = 128 << 10;

    // The first time round is not a whole one, and the second only takes the marks of use away.
    private const int MaxRounds = 3;

    private readonly object _sync = new();
    private readonly Dictionary<Key, DecodedBlock> _blocks = [];
    private readonly Stack<DecodedBlock> _unused = [];
    private DecodedBlock?[] _places = [];
    private PageBuffer? _memory;
    private DecodedCounts _counts;
    private int _hand;
    private int _broughtIn;
    private int _waiting;
    private long _lastOwner;

    /// <summary>Bytes kept at most.</summary>
    public int MaxBytes => maxBytes;

    /// <summary>Counts what is decoded for those who share the cache; null when nobody counts.</summary>
    public ReadAccount? Account { get; set; }

    /// <summary>What was decoded and read so far.</summary>
    public DecodedCounts Counts
    {
        get
        {
            lock (_sync)
            {
                return _counts;
            }
        }
    }

    /// <summary>Whether anything was ever decoded into it.</summary>
    public bool IsUsed => Volatile.Read(ref _memory) is not null;

    /// <summary>The memory, once there is a block in it.</summary>
    internal PageBuffer Memory => _memory!;

    /// <summary>Room for the blocks of one more volume or disk.</summary>
    public DecodedBlocks ForOwner() => new(this, Interlocked.Increment(ref _lastOwner), 0);

    /// <summary>Takes hold of a block. Where another thread is decoding it, it waits until that is done.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="wanted">Bytes that are wanted of it, to be counted.</param>
    /// <param name="isNew">
    /// Whether it is not there: the caller has to decode it into its place, and to say <see cref="Publish"/> or <see cref="Fail"/>.
    /// </param>
    /// <returns>The block, until <see cref="DecodedBlock.Release"/>; null when there is no room for it now.</returns>
    /// <exception cref="ImageException">The other thread could not decode it.</exception>
    /// <exception cref="LinuxException">The device failed under the other thread's hands, or there is no memory.</exception>
    internal DecodedBlock? Lease(Key key, int wanted, out bool isNew)
    {
        ExceptionDispatchInfo failure;
        lock (_sync)
        {
            isNew = false;
            if (!_blocks.TryGetValue(key, out DecodedBlock? block))
            {
                block = Reserve(key, isAhead: false);
                isNew = block is not null;
                _counts = isNew ? _counts.AddRead(wanted) : _counts;
                return block;
            }

            block.Use();
            while (!block.IsReady && block.Failure is null)
            {
                _waiting++;
                Monitor.Wait(_sync);
                _waiting--;
            }

            if (block.Failure is null)
            {
                _counts = _counts.AddRead(wanted);
                return block;
            }

            failure = block.Failure;
        }

        failure.Throw();
        return null;
    }

    /// <summary>Reserves a place for a block that nobody asked for yet, unless it has one.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="block">
    /// The block, which the caller has to decode as one that is new by <see cref="Lease"/>; null when it is there, or another thread is at it.
    /// </param>
    /// <returns>False when there is no room for it now.</returns>
    /// <exception cref="LinuxException">There is no memory.</exception>
    internal bool TryBegin(Key key, out DecodedBlock? block)
    {
        lock (_sync)
        {
            block = null;
            if (_blocks.ContainsKey(key))
            {
                return true;
            }

            block = Reserve(key, isAhead: true);
            _counts = block is null ? _counts : _counts.AddAhead(key.Length);
            return block is not null;
        }
    }

    /// <summary>A block that the caller was to decode is there.</summary>
    internal void Publish(DecodedBlock block)
    {
        lock (_sync)
        {
            block.IsReady = true;
            _counts = _counts.AddDecoded(block.Key.Length);
            WakeWaiting();
        }
    }

    /// <summary>A block that the caller was to decode cannot be: who waits for it gets the same error, who comes later tries again.</summary>
    internal void Fail(DecodedBlock block, Exception failure)
    {
        lock (_sync)
        {
            block.Failure = ExceptionDispatchInfo.Capture(failure);
            Forget(block);
            WakeWaiting();
        }
    }

    /// <summary>Counts a block that was decoded without a place here.</summary>
    internal void CountAlone(int decoded, int read)
    {
        lock (_sync)
        {
            _counts = _counts.AddDecoded(decoded).AddRead(read);
        }
    }

    private static int PagesOf(int length) => ((length - 1) / PageBuffer.PageSize) + 1;

    private DecodedBlock? Reserve(Key key, bool isAhead)
    {
        int pages = PagesOf(key.Length);
        if (pages > maxBytes / PageBuffer.PageSize)
        {
            return null;
        }

        if (_memory is null)
        {
            _memory = PageBuffer.InLargePages(maxBytes / PageBuffer.PageSize * PageBuffer.PageSize);
            _places = new DecodedBlock?[_memory.Length / PageBuffer.PageSize];
        }

        int place = MakeRoom(pages);
        if (place < 0)
        {
            return null;
        }

        BringIn(place + pages);
        if (!_unused.TryPop(out DecodedBlock? block))
        {
            block = new DecodedBlock();
        }

        block.Begin(key, place * PageBuffer.PageSize, isAhead);
        _places[place] = block;
        _blocks.Add(key, block);
        return block;
    }

    // Where so many free pages follow each other, or -1.
    private int MakeRoom(int pages)
    {
        int rounds = 0;
        int begin = _hand;
        while (_hand - begin < pages)
        {
            if (_hand == _places.Length)
            {
                if (++rounds > MaxRounds)
                {
                    return -1;
                }

                _hand = begin = 0;
            }
            else if (_places[_hand] is not { } block)
            {
                _hand++;
            }
            else
            {
                int end = _hand + PagesOf(block.Key.Length);
                if (!block.IsLeased && !block.WasUsed)
                {
                    Forget(block);
                    _unused.Push(block);
                }
                else
                {
                    block.WasUsed = false;
                    begin = end;
                }

                _hand = end;
            }
        }

        _hand = begin + pages;
        return begin;
    }

    private void Forget(DecodedBlock block)
    {
        _places[block.Start / PageBuffer.PageSize] = null;
        _blocks.Remove(block.Key);
    }

    private void BringIn(int pages)
    {
        int end = pages * PageBuffer.PageSize;
        if (end > _broughtIn)
        {
            end = Math.Min(Math.Max(end, _broughtIn + StripLength), _memory!.Length);
            Pages.Populate(_memory.Span[_broughtIn..end]);
            _broughtIn = end;
        }
    }

    private void WakeWaiting()
    {
        if (_waiting > 0)
        {
            Monitor.PulseAll(_sync);
        }
    }

    /// <summary>What a block is known by.</summary>
    /// <param name="Owner">The volume or disk.</param>
    /// <param name="File">A file in it, by a number that is its own.</param>
    /// <param name="Offset">Where the block begins in the disk or file, decoded; or its address, where files share blocks.</param>
    /// <param name="Length">Its bytes, decoded; at least 1.</param>
    internal readonly record struct Key(long Owner, long File, long Offset, int Length);
}
