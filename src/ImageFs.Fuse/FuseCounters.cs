using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>What a session has done so far.</summary>
public sealed record FuseCounters
{
    /// <summary>Requests by what they asked for; None stands for what this program does not know.</summary>
    public required IReadOnlyDictionary<FuseOpcode, long> Requests { get; init; }

    /// <summary>Replies that were errors, by error number.</summary>
    public required IReadOnlyDictionary<Errno, long> Errors { get; init; }

    /// <summary>READs answered by splicing.</summary>
    public required long SplicedReplies { get; init; }

    /// <summary>Bytes of files that were spliced.</summary>
    public required long SplicedBytes { get; init; }

    /// <summary>READs answered by copying.</summary>
    public required long CopiedReplies { get; init; }

    /// <summary>Bytes of files that were copied.</summary>
    public required long CopiedBytes { get; init; }

    /// <summary>READs answered by copying, by why.</summary>
    public required IReadOnlyDictionary<CopyReason, long> CopyReasons { get; init; }

    /// <summary>Replies that the kernel did not take, of requests that were still waiting.</summary>
    public required long LostReplies { get; init; }
}
