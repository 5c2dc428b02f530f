using System.Runtime.ExceptionServices;

namespace ImageFs.Storage.Decoding;

/// <summary>A block's place in a <see cref="DecodedBlockCache"/>, whose lock is held where this is looked at or changed.</summary>
internal sealed class DecodedBlock
{
    /// <summary>What it is.</summary>
    public DecodedBlockCache.Key Key { get; private set; }

    /// <summary>Where it begins in the cache's memory; whoever holds a lease may look without the lock.</summary>
    public int Start { get; private set; }

    /// <summary>How many hold it: as long as there is one it keeps its place.</summary>
    public int Leases { get; set; }

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
        Leases = 1;
        WasUsed = IsAhead = isAhead;
        IsReady = false;
    }

    /// <summary>It was asked for. For one that was decoded ahead the first time is what the decoding is for another.</summary>
    public void Use()
    {
        Leases++;
        WasUsed = !IsAhead;
        IsAhead = false;
    }
}
