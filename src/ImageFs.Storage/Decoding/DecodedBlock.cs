using System.Runtime.ExceptionServices;

namespace ImageFs.Storage.Decoding;

/// <summary>
/// A block's place in a <see cref="DecodedBlockCache"/>, whose lock is held where this is looked at or changed; to let go of it none is needed.
/// </summary>
internal sealed class DecodedBlock
{
    private int _leases;

    /// <summary>What it is.</summary>
    public DecodedBlockCache.Key Key { get; private set; }

    /// <summary>Where it begins in the cache's memory; whoever holds a lease may look without the lock.</summary>
    public int Start { get; private set; }

    /// <summary>Whether somebody holds it: as long as there is one it keeps its place.</summary>
    public bool IsLeased => Volatile.Read(ref _leases) > 0;

    /// <summary>Whether it was asked for since the cache last looked for room here.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Whether nobody has asked for it so far.</summary>
    public bool IsAhead { get; private set; }

    /// <summary>Whether it is decoded.</summary>
    public bool IsReady { get; set; }

    /// <summary>Why it cannot be decoded.</summary>
    public ExceptionDispatchInfo? Failure { get; set; }

    /// <summary>It is to hold another block, which the caller decodes.</summary>
    public void Begin(DecodedBlockCache.Key key, int start, bool isAhead)
    {
        Key = key;
        Start = start;
        Volatile.Write(ref _leases, 1);
        WasUsed = IsAhead = isAhead;
        IsReady = false;
    }

    /// <summary>It was asked for. For one that was decoded ahead the first time is what the decoding is for another.</summary>
    public void Use()
    {
        Interlocked.Increment(ref _leases);
        WasUsed = !IsAhead;
        IsAhead = false;
    }

    /// <summary>One who holds it lets go of it, without the lock.</summary>
    public void Release() => Interlocked.Decrement(ref _leases);
}
